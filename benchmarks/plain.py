"""An invoice's rows as plain code computes them, after the rows that the engine wrote for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import models

from benchmarks.stencils import GIVEN_BY_DATABASE
from billing.contracts.events import period_key
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.events.models import Attempt, Event
from billing.ids import new_id
from billing.money import to_minor
from invoices.issuing.events import INVOICE_ISSUED
from invoices.issuing.models import Charge, Invoice, NumberSeries
from invoices.issuing.queries.content import content_hash, customer_as_printed

Row = TypeVar("Row", bound=models.Model)
OF_CONTRACT = ("next_billing_date", "billed_date", "billed_position")
OF_SUBSCRIPTION = ("charged_until", "charged_known_on", "charged_position")


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the engine wrote when it billed one contract for its day."""

    invoice: Invoice
    lines: Sequence[Charge]
    issued: Event
    attempt: Attempt
    subscription: Subscription

    @classmethod
    def of(cls, invoice: Invoice) -> Self:
        """Read it, by its invoice."""
        return cls(
            invoice=invoice,
            lines=list(invoice.lines.order_by("position")),
            issued=Event.objects.get(
                seller=invoice.seller_id, type=INVOICE_ISSUED, stream_id=invoice.pk
            ),
            attempt=Attempt.objects.get(event=invoice.event_id),
            subscription=Subscription.objects.get(contract=invoice.contract_id),
        )

    @property
    def contract(self) -> Contract:
        """The contract that was billed."""
        assert self.invoice.contract
        return self.invoice.contract

    def note(self, contract_ids: Sequence[UUID]) -> None:
        """Note set-based how far contracts are billed; each knows its own changes as before."""
        Contract.objects.filter(pk__in=contract_ids).update(
            next_billing_date=self.contract.next_billing_date,
            billed_date=self.contract.billed_date,
        )
        Subscription.objects.filter(contract__in=contract_ids).update(
            charged_until=self.subscription.charged_until,
            charged_known_on=self.subscription.charged_known_on,
        )

    def put_on(self, contract: Contract, subscription: Subscription) -> None:
        """Have a contract and its subscription say how far they are billed."""
        contract.next_billing_date = self.contract.next_billing_date
        contract.billed_date = self.contract.billed_date
        subscription.charged_until = self.subscription.charged_until
        subscription.charged_known_on = self.subscription.charged_known_on


class PlainRows:
    """The rows of a contract's invoice, computed from the prices of its plan."""

    def __init__(self, pattern: Pattern, contract: Contract, subscription: Subscription) -> None:
        """Compute all but its number, which the locked series gives."""
        self.contract, self.subscription = contract, subscription
        (start,) = subscription.changes.all()
        self.event = _event(pattern.invoice.event, contract)
        invoice_id = new_id()
        self._common: dict[str, Any] = {
            "customer_id": contract.customer_id,
            "event_id": self.event.pk,
            "transaction_id": self.event.pk,
        }
        self.charges = self._charges(pattern, start, invoice_id)
        self.invoice = self._invoice(pattern.invoice, invoice_id)
        self.issued = _like(
            pattern.issued,
            id=new_id(),
            transaction_id=self.event.pk,
            stream_id=invoice_id,
            payload={"invoice_id": str(invoice_id)},
            idempotency_key=f"{INVOICE_ISSUED}:{invoice_id}",
        )
        self.attempt = _like(pattern.attempt, event_id=self.event.pk)
        pattern.put_on(contract, subscription)

    def number(self, series: NumberSeries) -> None:
        """Give the invoice the next number of the locked series, and its place in the chain."""
        made = self.invoice
        made.sequence = series.latest_sequence + 1
        made.number = self.contract.customer.seller.invoice_number_format.format(
            year=series.year, sequence=made.sequence
        )
        made.previous_hash = series.latest_hash
        made.hash = content_hash(made, self.charges)
        series.latest_sequence, series.latest_hash = made.sequence, made.hash

    def _charges(
        self, pattern: Pattern, start: SubscriptionChange, invoice_id: UUID
    ) -> list[Charge]:
        assert start.plan
        assert start.quantity is not None
        prices = {price.pk: price for price in start.plan.prices.all()}
        made = []
        for line in pattern.lines:
            assert line.price_id
            price = prices[line.price_id]
            owed = price.amount if price.unit_price is None else price.unit_price * start.quantity
            assert owed is not None
            minor = to_minor(owed, self.contract.currency)
            made.append(
                _like(
                    line,
                    id=new_id(),
                    **self._common,
                    subscription_id=self.subscription.pk,
                    priced_minor=minor,
                    amount_minor=minor,
                    explanation={**line.explanation, "change_id": str(start.pk)},
                    invoice_id=invoice_id,
                )
            )
        return made

    def _invoice(self, like: Invoice, invoice_id: UUID) -> Invoice:
        net = sum(charge.amount_minor for charge in self.charges)
        tax = (net * 19 + 50) // 100
        printed = {
            **like.customer_as_printed,
            **customer_as_printed(self.contract.customer, is_confirmed=None),
        }
        return _like(
            like,
            id=invoice_id,
            **self._common,
            contract_id=self.contract.pk,
            net_minor=net,
            tax_minor=tax,
            gross_minor=net + tax,
            payable_minor=net + tax,
            customer_as_printed=printed,
            taxes=[{**like.taxes[0], "base_minor": net, "tax_minor": tax}],
        )


def _event(like: Event, contract: Contract) -> Event:
    event_id = new_id()
    return _like(
        like,
        id=event_id,
        transaction_id=event_id,
        stream_id=contract.pk,
        payload={"contract_id": str(contract.pk)},
        state=Event.State.WAITING,
        idempotency_key=period_key(contract.pk, like.as_of_date),
    )


def _like(row: Row, **given: Any) -> Row:
    """Return a row like another that isn't stored yet, but for what is given."""
    omitted = GIVEN_BY_DATABASE.get(type(row), ())
    names = [field.attname for field in row._meta.concrete_fields if field.column not in omitted]
    return type(row)(**({name: getattr(row, name) for name in names} | given))
