"""What can keep a correction from becoming a credit note, in plain words."""

from dataclasses import replace

from billing.events.models import Event
from billing.events.tries import Trouble
from invoices.credit_notes.queries.wanted import CorrectionRefused
from invoices.issuing.queries import trouble as issuing


def is_foreseen(error: Exception) -> bool:
    """Return whether an exception says what is wrong with the facts; else it is a defect."""
    return isinstance(error, CorrectionRefused) or issuing.is_foreseen(error)


def trouble(error: Exception, event: Event) -> Trouble:
    """Return what is wrong with the event of a correction, for a human."""
    told = issuing.trouble(error, event)
    if not isinstance(error, CorrectionRefused):
        return told
    return replace(
        told,
        code="correction_refused",
        reason=str(error),
        # Each is written off by itself: what they have in common is how they were refused.
        place=type(error).__name__,
        remedy="Write it off, and correct what is left of the invoice.",
    )
