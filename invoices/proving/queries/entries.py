"""Rows as entries of a story: each in plain words, with its figures and the ids that it holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.text import capfirst
from django.utils.translation import gettext

from billing.contracts.events import PERIOD_ENDED
from billing.contracts.models import Contract, SubscriptionChange
from billing.events.models import Attempt, Event, Failure
from billing.money import UnknownCurrency, from_minor
from billing.orders.models import Order, OrderLine
from billing.staff.languages import is_german
from invoices.balances.models import BalanceMovement
from invoices.credit_notes.models import Correction
from invoices.issuing.models import Charge, Invoice

# What happened at one instant stands in this order: a cause before what it caused.
RANK = {
    kind: rank
    for rank, kind in enumerate(
        [
            "order",
            "change",
            "correction",
            "event",
            "sent",
            "charge",
            "invoice",
            "balance",
            "document",
            "follow_up",
            "delivery",
            "try",
            "attempt",
            "failure",
            "failure_closed",
        ]
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    Something that happened. `kind` is one of `RANK`; `title` says it in a sentence.

    `details` holds plain JSON values (money as {"amount": "35.70", "currency": "EUR"}), `ids` the
    rows concerned, by name: `order`, `customer`, `event`, `invoice` and so on. `ordinal` tells
    apart what has the same kind and instant.
    """

    at: datetime
    kind: str
    title: str
    details: Mapping[str, object]
    ids: Mapping[str, str]
    ordinal: int = 0


def of_order(order: Order) -> Entry:
    """Return the entry of an order, with its lines."""
    title = gettext("{customer} placed an order")
    if order.external_id:
        title = gettext("{customer} placed order {order}")
    return Entry(
        at=order.recorded_at,
        kind="order",
        title=title.format(customer=order.customer.name, order=order.external_id),
        details={
            "external_id": order.external_id,
            "ordered_on": order.ordered_on.isoformat(),
            "recorded_on": order.recorded_on.isoformat(),
            "currency": order.currency,
            "lines": [_order_line(line) for line in order.lines.all()],
        },
        ids=_ids(order=order.id, customer=order.customer_id),
    )


def of_change(change: SubscriptionChange) -> Entry:
    """Return the entry of a subscription's change."""
    subscription = change.subscription
    title = gettext("{customer}'s subscription {subscription}: {what} from {day}")
    return Entry(
        at=change.recorded_at,
        kind="change",
        title=title.format(
            customer=subscription.contract.customer.name,
            subscription=subscription,
            what=_begun_small(change.get_kind_display()),
            day=change.effective_on,
        ),
        details={
            "kind": change.kind,
            "effective_on": change.effective_on.isoformat(),
            "recorded_on": change.recorded_on.isoformat(),
            "plan": change.plan.code if change.plan else None,
            "quantity": _decimal(change.quantity),
            "credit": change.credit,
        },
        ids=_ids(
            change=change.id,
            subscription=subscription.id,
            contract=subscription.contract_id,
            customer=subscription.contract.customer_id,
        ),
        ordinal=change.position,
    )


def of_correction(correction: Correction) -> Entry:
    """Return the entry of a correction that someone ordered."""
    invoice = correction.invoice
    title = gettext("{name} had {number} corrected: {reason}")
    if correction.kind == "cancellation":
        title = gettext("{name} had {number} cancelled: {reason}")
    return Entry(
        at=correction.ordered_at,
        kind="correction",
        title=title.format(
            name=correction.ordered_by, number=invoice.number, reason=correction.reason
        ),
        details={
            "kind": correction.kind,
            "reason": correction.reason,
            "bill_again": correction.bill_again,
            "settle": correction.settle,
            "ordered_by": correction.ordered_by,
            "ordered_on": correction.ordered_on.isoformat(),
        },
        ids=_ids(correction=correction.id, invoice=invoice.id, customer=invoice.customer_id),
    )


def of_event(event: Event, contract: Contract | None) -> Iterable[Entry]:
    """Yield the entry of an event, and of its latest sending; `contract` is that of its stream."""
    is_first = event.transaction_id == event.id
    state = gettext(event.state.replace("_", " "))
    title = gettext("Event {type}: {state}").format(type=event.type, state=state)
    if contract and event.type == PERIOD_ENDED:
        title = gettext("{customer}'s contract {contract} came due on {day}: {state}").format(
            customer=contract.customer.name, contract=contract, day=event.as_of_date, state=state
        )
    yield Entry(
        at=event.recorded_at,
        kind="event" if is_first else "follow_up",
        title=title,
        details={
            "type": event.type,
            "state": event.state,
            "as_of_date": event.as_of_date.isoformat(),
            "occurred_at": event.occurred_at.isoformat(),
            "payload": event.payload,
            "position": event.position,
            "sends": event.sends,
        },
        ids=_ids(event=event.id, contract=contract.id if contract else None),
        ordinal=event.position,
    )
    if event.published_at:
        sent = gettext("Sent to the workers")
        if event.sends > 1:
            sent = gettext("Sent to the workers, {count} times by now").format(count=event.sends)
        yield Entry(
            at=event.published_at,
            kind="sent",
            title=sent,
            details={"type": event.type, "sends": event.sends},
            ids=_ids(event=event.id),
            ordinal=event.position,
        )


def of_attempt(attempt: Attempt) -> Entry:
    """Return the entry of a worker's try, at its end."""
    duration_ms = (attempt.ended_at - attempt.started_at).total_seconds() * 1000
    return Entry(
        at=attempt.ended_at,
        kind="attempt",
        title=gettext("{worker} {outcome} with {task} in {duration} ms").format(
            worker=attempt.worker,
            outcome=gettext(attempt.outcome.replace("_", " ")),
            task=attempt.task,
            duration=f"{duration_ms:.0f}",
        ),
        details={
            "task": attempt.task,
            "worker": attempt.worker,
            "outcome": attempt.outcome,
            "error_class": attempt.error_class,
            "started_at": attempt.started_at.isoformat(),
            "duration_ms": round(duration_ms, 1),
        },
        ids=_ids(event=attempt.event_id),
        ordinal=attempt.pk,
    )


def of_unreadable(event: Event, why: str) -> Entry:
    """Return the entry that stands for tries whose archive can't be read."""
    return Entry(
        at=event.recorded_at,
        kind="attempt",
        title=gettext("Tries are archived: {why}").format(why=why),
        details={"type": event.type},
        ids=_ids(event=event.id),
        ordinal=0,
    )


def of_failure(failure: Failure) -> Iterable[Entry]:
    """Yield the entry of a failure, and of what became of it."""
    ids = _ids(failure=failure.id, event=failure.event_id)
    yield Entry(
        at=failure.opened_at,
        kind="failure",
        title=gettext("Failed ({code}): {reason}").format(code=failure.code, reason=failure.reason),
        details={
            "code": failure.code,
            "reason": failure.reason,
            "remedy": failure.remedy,
            "money_at_stake": money(failure.money_at_stake_minor, failure.currency),
            "priority": failure.priority,
            "state": failure.state,
        },
        ids=ids,
    )
    if failure.closed_at:
        why = f": {failure.closing_note}" if failure.closing_note else ""
        yield Entry(
            at=failure.closed_at,
            kind="failure_closed",
            title=gettext("Failure {state} by {name}").format(
                state=_begun_small(failure.get_state_display()), name=failure.closed_by
            )
            + why,
            details={
                "state": failure.state,
                "closed_by": failure.closed_by,
                "closing_note": failure.closing_note,
            },
            ids=ids,
        )


def of_charge(charge: Charge) -> Entry:
    """Return the entry of a charge."""
    title = gettext("Charged {amount} net: {text}, {period}")
    if charge.is_credit:
        title = gettext("Credited {amount} net: {text}, {period}")
    net = money(charge.amount_minor, charge.currency)
    return Entry(
        at=charge.created_at,
        kind="charge",
        title=title.format(amount=words(net), text=charge.text, period=_period(charge))
        + _collected(charge),
        details={
            "text": charge.text,
            "starts_on": charge.starts_on.isoformat(),
            "ends_on": charge.ends_on.isoformat() if charge.ends_on else None,
            "quantity": _decimal(charge.quantity),
            "unit_price": _decimal(charge.unit_price),
            "net": net,
            "is_credit": charge.is_credit,
            "tax_included": charge.tax_included,
            "tax_category": charge.tax_category,
            "tax_percent": _decimal(charge.tax_percent),
            "cause": charge.cause,
            "position": charge.position,
            "explanation": charge.explanation,
        },
        ids=_ids(
            charge=charge.id,
            event=charge.event_id,
            invoice=charge.invoice_id,
            subscription=charge.subscription_id,
            price=charge.price_id,
            plan=charge.plan_id,
            order_line=charge.order_line_id,
        ),
        ordinal=charge.ordinal,
    )


def _begun_small(text: str) -> str:
    """Return a word as it stands within a sentence: German nouns stay as they are."""
    return text if is_german() else text.lower()


def _period(charge: Charge) -> str:
    if charge.ends_on is None:
        return str(charge.starts_on)
    said = gettext("{first} to {end} (excluded)")
    return said.format(first=charge.starts_on, end=charge.ends_on)


def _collected(charge: Charge) -> str:
    """Return where a charge went that doesn't stand on a document of its own event."""
    if charge.invoice is None:
        return gettext(", waits to be collected")
    is_own = charge.invoice.event_id == charge.event_id
    if is_own:
        return ""
    return gettext(", collected on {number}").format(number=charge.invoice.number)


def of_invoice(invoice: Invoice) -> Entry:
    """Return the entry of an invoice or credit note."""
    gross = money(invoice.gross_minor, invoice.currency)
    return Entry(
        at=invoice.issued_at,
        kind="invoice",
        title=gettext("{kind} {number} issued: {amount} gross, due on {day}").format(
            kind=capfirst(invoice.get_kind_display()),
            number=invoice.number,
            amount=words(gross),
            day=invoice.due_date,
        ),
        details={
            "number": invoice.number,
            "kind": invoice.kind,
            "issue_date": invoice.issue_date.isoformat(),
            "due_date": invoice.due_date.isoformat(),
            "net": money(invoice.net_minor, invoice.currency),
            "tax": money(invoice.tax_minor, invoice.currency),
            "gross": gross,
            "prepaid": money(invoice.prepaid_minor, invoice.currency),
            "payable": money(invoice.payable_minor, invoice.currency),
            "corrects": invoice.corrects,
            "previous_hash": invoice.previous_hash,
            "hash": invoice.hash,
        },
        ids=_ids(
            invoice=invoice.id,
            event=invoice.event_id,
            customer=invoice.customer_id,
            contract=invoice.contract_id,
        ),
    )


def of_movement(movement: BalanceMovement) -> Entry:
    """Return the entry of a movement of the customer's balance."""
    amount = money(movement.amount_minor, movement.currency)
    why = f": {movement.reason}" if movement.reason else ""
    return Entry(
        at=movement.created_at,
        kind="balance",
        title=gettext("{customer}'s balance, {kind}: {amount}").format(
            customer=movement.customer.name,
            kind=_begun_small(movement.get_kind_display()),
            amount=words(amount),
        )
        + why,
        details={
            "kind": movement.kind,
            "amount": amount,
            "expires_on": movement.expires_on.isoformat() if movement.expires_on else None,
            "reason": movement.reason,
            "booked_on": movement.booked_on.isoformat(),
        },
        ids=_ids(
            movement=movement.id,
            lot=movement.lot_id,
            invoice=movement.invoice_id,
            customer=movement.customer_id,
        ),
    )


def money(amount_minor: int | None, currency: str) -> dict[str, str] | None:
    """Return an amount as plain values; None where it isn't known."""
    if amount_minor is None:
        return None
    try:
        amount = format(from_minor(amount_minor, currency), "f")
    except UnknownCurrency:  # A failure may be about just that.
        amount = str(amount_minor)
    return {"amount": amount, "currency": currency}


def words(amount: Mapping[str, str] | None) -> str:
    """Return an amount of `money` as a text, for example 35.70 EUR."""
    return f"{amount['amount']} {amount['currency']}" if amount else gettext("unknown")


def _order_line(line: OrderLine) -> dict[str, object]:
    return {
        "text": line.text or (line.product.name if line.product else ""),
        "product": line.product.code if line.product else None,
        "quantity": _decimal(line.quantity),
        "unit_price": _decimal(line.unit_price),
        "tax_class": line.tax_class or None,
        "tax_included": line.tax_included,
    }


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")


def _ids(**ids: UUID | None) -> dict[str, str]:
    return {name: str(value) for name, value in ids.items() if value}
