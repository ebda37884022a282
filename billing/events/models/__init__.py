"""The log: what happened, who tried to act on it, and what went wrong."""

from billing.events.models.failures import Failure, FailureCause, FailureDecision, FailureNote
from billing.events.models.log import (
    COMMON_TYPES,
    OF_UNSETTLED,
    Attempt,
    AttemptArchive,
    BulkMessage,
    Event,
    Lease,
)

__all__ = [
    "COMMON_TYPES",
    "OF_UNSETTLED",
    "Attempt",
    "AttemptArchive",
    "BulkMessage",
    "Event",
    "Failure",
    "FailureCause",
    "FailureDecision",
    "FailureNote",
    "Lease",
]
