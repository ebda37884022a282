"""How what an event demands is charged."""

from collections.abc import Sequence

from billing.contracts.models import Contract
from billing.customers import commands as customers
from billing.customers.models import Customer
from billing.customers.queries import collects
from billing.events.models import Event
from billing.events.tries import Worker
from billing.sellers.queries import today
from invoices.issuing.commands.holding import check_not_held
from invoices.issuing.commands.issue import (
    Demand,
    Ready,
    charges_of,
    issue,
    ready,
    write_charges,
)
from invoices.issuing.models import Invoice
from invoices.issuing.queries.basis import between
from invoices.issuing.queries.drafts import Draft, DraftLine, Taxed, taxed
from invoices.issuing.queries.prepared import check_draft


def demand_of(
    event: Event,
    me: Worker,
    *,
    customer: Customer,
    currency: str,
    contract: Contract | None = None,
) -> Demand:
    """Return who demands from a customer by an event, today."""
    return Demand(
        event=event,
        between=between(customer, contract),
        currency=currency,
        today=today(customer.seller, at=me.at),
        at=me.at,
    )


def charge(demand: Demand, lines: Sequence[DraftLine]) -> list[Invoice]:
    """
    Write what an event demands, on a document of its own.

    Where the customer's charges are collected they wait for the end of the event's day instead.

    :raises CustomerBusy: if they do, and the customer wasn't locked before.
    :raises Held: if the document must be approved first.
    """
    if not collects(demand.customer):
        return charge_at_once(demand, lines)
    owing, decided = decide_to_wait(demand, lines)
    if not owing:
        return []
    write_charges(charges_of(demand, owing, decided))
    customer = customers.lock_customer_late(demand.customer.id)
    customers.make_due(customer, day=demand.event.as_of_date)
    return []


def charge_at_once(demand: Demand, lines: Sequence[DraftLine]) -> list[Invoice]:
    """
    Write what an event demands, on a document of its own, whatever the customer's grouping.

    :raises Held: if it must be approved first.
    """
    document = document_of(demand, lines)
    if document is None:
        return []
    check_not_held(demand, [document])
    return issue([document])


def document_of(demand: Demand, lines: Sequence[DraftLine]) -> Ready | None:
    """
    Return the document of what an event demands, ready to be written; None if it is nothing.

    :raises TaxDataMissing: and others, as `taxed` and `ready` do.
    """
    owing, decided = decide(demand, lines)
    return ready(demand, charges_of(demand, owing, decided), decided.totals) if owing else None


def decide_to_wait(demand: Demand, lines: Sequence[DraftLine]) -> tuple[Sequence[DraftLine], Taxed]:
    """
    Return what `decide` does of lines that wait for a document that they share.

    What would be refused of a document of them alone is refused now: later it would hold up what
    others put on the same document.

    :raises TaxDataMissing: and others, as `taxed` and `check_draft` do.
    """
    owing, decided = decide(demand, lines)
    if owing:
        alone = Draft(lines=owing, taxed=decided)
        check_draft(alone, between=demand.between, currency=demand.currency, on=demand.today)
    return owing, decided


def decide(demand: Demand, lines: Sequence[DraftLine]) -> tuple[Sequence[DraftLine], Taxed]:
    """
    Return the lines that aren't zero, and their taxes and totals; nothing is written.

    :raises TaxDataMissing: and others, as `taxed` does.
    """
    owing = [line for line in lines if line.priced_minor]
    decided = taxed(
        [line.taxable for line in owing],
        between=demand.between,
        currency=demand.currency,
    )
    return owing, decided
