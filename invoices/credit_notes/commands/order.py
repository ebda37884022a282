"""Ordering a correction: what is to be taken back is settled, and stated as a fact."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.events import log
from billing.sellers.queries import today
from invoices.credit_notes.events import correction_ordered
from invoices.credit_notes.models import Correction, CorrectionLine
from invoices.credit_notes.queries.draft import CreditDraft, credit_draft
from invoices.credit_notes.queries.wanted import Taken, Wanted, taken
from invoices.issuing.models import Charge, Invoice


@transaction.atomic
def order_correction(*, invoice_id: UUID, wanted: Wanted, by: str, at: datetime) -> Correction:
    """
    State that an invoice is to be taken back, wholly or in part; its event makes the credit note.

    :raises CorrectionRefused: if it can't be; see `queries.wanted`.
    """
    locked = Invoice.objects.select_for_update(of=("self",), no_key=True)
    invoice = locked.select_related("seller").get(pk=invoice_id)  # One at a time.
    correction, lines, _ = _settled(invoice, wanted, by=by, at=at)
    correction.save(force_insert=True)
    CorrectionLine.objects.bulk_create(
        CorrectionLine(
            seller_id=invoice.seller_id,
            correction=correction,
            charge=line.charge,
            amount_minor=line.amount_minor,
            quantity=line.quantity,
        )
        for line in lines
    )
    log.append([correction_ordered(correction)], at=at)
    return correction


def checked_correction(*, invoice: Invoice, wanted: Wanted, by: str, at: datetime) -> CreditDraft:
    """
    Return the credit note that a correction would make; nothing is stored.

    :raises CorrectionRefused: if it can't be; see `queries.wanted`.
    """
    return _settled(invoice, wanted, by=by, at=at)[2]


def _settled(
    invoice: Invoice, wanted: Wanted, *, by: str, at: datetime
) -> tuple[Correction, list[Taken], CreditDraft]:
    lines = taken(invoice, list(_lines(invoice)), wanted)
    correction = Correction(
        seller_id=invoice.seller_id,
        invoice=invoice,
        kind=wanted.kind,
        reason=wanted.reason,
        bill_again=wanted.bill_again,
        settle=wanted.settle,
        ordered_by=by,
        ordered_on=today(invoice.seller, at=at),
        ordered_at=at,
    )
    return correction, lines, credit_draft(invoice, lines, correction)


def _lines(invoice: Invoice) -> list[Charge]:
    return list(invoice.lines.order_by("position"))
