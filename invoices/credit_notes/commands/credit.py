"""
`credit`: a correction that was ordered becomes a credit note, wholly or not at all.

Locks are taken in the one order: contracts, event, the corrected invoice, number series. What is
billed again is the matter of events of its contracts and orders, which are appended before the
series is locked.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.contracts import commands as contracts
from billing.contracts.models import Contract
from billing.events import commands as events
from billing.events import log
from billing.events.happened import handling
from billing.events.models import Event
from billing.events.patience import PASSING
from billing.events.tries import Worker
from billing.ids import new_id
from invoices.credit_notes.models import Correction
from invoices.credit_notes.queries.draft import CreditDraft, credit_draft
from invoices.credit_notes.queries.trouble import is_foreseen, trouble
from invoices.credit_notes.queries.wanted import MoreThanLeft, Taken
from invoices.issuing.commands.charging import demand_of
from invoices.issuing.commands.holding import check_drafts, hold
from invoices.issuing.commands.issue import Correcting, Demand, write_correction
from invoices.issuing.events import Reopening, contract_reopened, order_reopened
from invoices.issuing.metrics import note_charges
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.held import Drafted, Held
from invoices.issuing.queries.left import left_of_lines

logger = logging.getLogger(__name__)

CREDIT = "credit_notes.credit"


def credit(*, event_id: UUID, at: datetime, worker: str) -> Invoice | None:
    """
    Issue the credit note of a correction; None if that is done already, or can't be.

    What can't be issued becomes a failure; what is wrong with the database or its connection is
    raised, with nothing written.
    """
    me = Worker(task=CREDIT, name=worker, at=at)
    target = Event.objects.get(pk=event_id)
    try:
        with handling(target, task=CREDIT), transaction.atomic():
            return _credit(target, me)
    except PASSING:
        raise
    except Held as held:
        hold(target, held, me)
    except Exception as error:
        if not is_foreseen(error):
            logger.exception("Defect while crediting by event %s", event_id)
        events.fail(event_id=event_id, tried=me.tried(), trouble=trouble(error, target))
    return None


def _credit(target: Event, me: Worker) -> Invoice | None:
    correction = Correction.objects.get(pk=target.payload["correction_id"])
    lines = _lines(correction)
    concerned = {line.charge.subscription.contract_id for line in lines if line.charge.subscription}
    of_lines = Contract.objects.filter(pk__in=concerned)
    list(of_lines.select_for_update().order_by("pk").values_list("pk"))
    own = Event.objects.select_for_update().filter(pk=target.pk, state=Event.State.WAITING)
    event = own.first()
    if event is None:
        return None
    locked = Invoice.objects.select_for_update(of=("self",), no_key=True)
    invoice = locked.select_related("customer__seller", "contract").get(pk=correction.invoice_id)
    _check_left(invoice, lines, correction)
    draft = credit_draft(invoice, lines, correction)
    if correction.bill_again:
        _reopen(event, correction, lines, at=me.at)
    note = _issue(event, me, correction, invoice, draft)
    events.complete(event, tried=me.tried())
    return note


def _lines(correction: Correction) -> list[Taken]:
    """Return what was ordered, in the order of the invoice's lines."""
    rows = correction.lines.select_related("charge__subscription", "charge__order_line")
    return [
        Taken(row.charge, row.amount_minor, row.quantity)
        for row in rows.order_by("charge__position")
    ]


def _check_left(invoice: Invoice, lines: Sequence[Taken], correction: Correction) -> None:
    """Refuse to take back what has been credited since it was ordered."""
    wholly = correction.kind == "cancellation"
    left = left_of_lines(list(invoice.lines.all()), wholly=wholly)
    for line in lines:
        if abs(line.amount_minor) > abs(left[line.charge.pk]):
            raise MoreThanLeft(
                f"Of line {line.charge.position} of {invoice.number} less is left by now than is "
                "to be taken back: something of it was credited since."
            )


def _reopen(event: Event, correction: Correction, lines: Sequence[Taken], *, at: datetime) -> None:
    """Have what is taken back compared again with what is owed, and tell of it."""
    subscriptions = [line.charge.subscription for line in lines if line.charge.subscription]
    orders = {line.charge.order_line.order_id for line in lines if line.charge.order_line}
    contracts.reopen(subscription_ids={one.pk for one in subscriptions})
    by = Reopening(
        seller_id=correction.seller_id,
        correction_id=correction.pk,
        transaction_id=event.transaction_id,
        on=event.as_of_date,
        at=at,
    )
    told = [contract_reopened(pk, by) for pk in sorted({one.contract_id for one in subscriptions})]
    told += [order_reopened(pk, by) for pk in sorted(orders)]
    log.append(told, at=at)


def _issue(
    event: Event, me: Worker, correction: Correction, invoice: Invoice, draft: CreditDraft
) -> Invoice:
    demand = demand_of(
        event,
        me,
        customer=invoice.customer,
        currency=invoice.currency,
        contract=invoice.contract,
    )
    check_drafts(demand, [_drafted(demand, draft)])
    invoice_id = new_id()
    for position, charge in enumerate(draft.charges, start=1):
        charge.invoice_id, charge.position = invoice_id, position
        charge.event, charge.transaction_id = event, event.transaction_id
        charge.created_at = me.at
    Charge.objects.bulk_create(draft.charges)  # Before their invoice: it seals them.
    note_charges(draft.charges)
    correcting = Correcting(
        invoice=invoice,
        kind=correction.kind,
        settled_minor=draft.settled_minor,
        is_paid_out=correction.settle == Correction.Settle.PAYOUT,
    )
    return write_correction(demand, draft.charges, draft.totals, correcting)


def _drafted(demand: Demand, draft: CreditDraft) -> Drafted:
    return Drafted(
        kind="credit_note",
        customer=demand.customer,
        contract=demand.contract,
        currency=demand.currency,
        net_minor=draft.totals.net_minor,
        tax_minor=draft.totals.tax_minor,
        gross_minor=draft.totals.gross_minor,
        taxes=[tax.printed for tax in draft.totals.taxes],
        lines=draft.charges,
    )
