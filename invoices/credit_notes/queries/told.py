"""Corrections with what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from billing.events.queries import transaction_ids
from invoices.credit_notes.events import correction_ordered
from invoices.credit_notes.models import Correction
from invoices.issuing.models import Invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The story that a correction began, and its credit note; None until that is issued."""

    transaction_id: UUID
    credit_note_id: UUID | None


def outcomes(corrections: Sequence[Correction]) -> dict[UUID, Outcome]:
    """Return what became of corrections of one seller: two queries, however many."""
    if not corrections:
        return {}
    told = {one.pk: correction_ordered(one) for one in corrections}
    stories = transaction_ids(corrections[0].seller_id, told.values())
    notes = Invoice.objects.filter(
        corrected_invoice__in={one.invoice_id for one in corrections},
        transaction_id__in=stories.values(),
    )
    issued = dict(notes.values_list("transaction_id", "pk"))
    found = {pk: stories[event.idempotency_key] for pk, event in told.items()}
    return {
        pk: Outcome(transaction_id=story, credit_note_id=issued.get(story))
        for pk, story in found.items()
    }
