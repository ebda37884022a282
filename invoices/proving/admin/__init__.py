"""Pages of the log: events, failures, the stories that transactions tell, and what staff did."""

from invoices.proving.admin.actions import StaffActionAdmin
from invoices.proving.admin.causes import FailureCauseAdmin
from invoices.proving.admin.events import EventAdmin
from invoices.proving.admin.failures import FailureAdmin

__all__ = ["EventAdmin", "FailureAdmin", "FailureCauseAdmin", "StaffActionAdmin"]
