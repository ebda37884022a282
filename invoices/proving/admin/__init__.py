"""Pages of the log: events, failures, and the stories that transactions tell."""

from invoices.proving.admin.causes import FailureCauseAdmin
from invoices.proving.admin.events import EventAdmin
from invoices.proving.admin.failures import FailureAdmin

__all__ = ["EventAdmin", "FailureAdmin", "FailureCauseAdmin"]
