"""
What waits for a customer is put onto documents: one per currency.

Charges that were stored before are settled by one statement; those that are made on the day itself
are written as they stand on the document.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from billing.contracts import commands as contracts
from billing.contracts.events import period_key
from billing.contracts.models import Contract
from billing.customers import commands as customers
from billing.customers.models import Customer
from billing.customers.queries import collection_days
from billing.events.models import Event
from billing.orders.models import Order
from billing.periods import day_after
from billing.pricing.taxes import Supply
from invoices.issuing.commands.issue import Demand, Ready, ready, write_charges
from invoices.issuing.models import Charge
from invoices.issuing.queries.drafts import Taxable, supplied_on, taxed
from invoices.issuing.queries.taxes import supplies_of, tax_columns, tax_of
from invoices.issuing.queries.waiting import charges_until


@dataclass(frozen=True, slots=True)
class Waiting:
    """A charge that waits for its document, what decides its tax, and what it is of."""

    charge: Charge
    taxable: Taxable
    of: Contract | Order


def stored(days: Mapping[UUID, date]) -> dict[UUID, list[Waiting]]:
    """Return what waits of customers' days and those before them, by the customers' ids."""
    charges = charges_until(days)
    found: dict[UUID, list[Waiting]] = {customer_id: [] for customer_id in days}
    for charge, supply in zip(charges, supplies_of(charges), strict=True):
        waiting = Waiting(charge, _taxable(charge, supply), _source(charge))
        found[charge.customer_id].append(waiting)
    return found


def collected(demand: Demand, waiting: Iterable[Waiting]) -> list[Ready]:
    """
    Return a document for each currency of what waits for a customer; nothing is written.

    `demand` is that of the customer's day, whatever its currency and contract.

    :raises TaxDataMissing: and others, as `taxed` and `ready` do.
    """
    by_currency: dict[str, list[Waiting]] = {}
    for each in waiting:
        by_currency.setdefault(each.charge.currency, []).append(each)
    return [
        _settled(replace(demand, currency=currency), mine) for currency, mine in by_currency.items()
    ]


def _settled(demand: Demand, waiting: Sequence[Waiting]) -> Ready:
    """Settle taxes and nets of charges: by the parties of their document, and its sums."""
    sources = list(dict.fromkeys(each.of for each in waiting))
    (first, *others) = sources
    contract = first if isinstance(first, Contract) and not others else None
    between = replace(demand.between, contract=contract, sources=sources)
    decided = taxed([each.taxable for each in waiting], between=between, currency=demand.currency)
    charges = [each.charge for each in waiting]
    nets = decided.totals.line_nets
    for charge, tax, net_minor in zip(charges, decided.taxes, nets, strict=True):
        for name, value in tax_columns(tax).items():
            setattr(charge, name, value)
        charge.amount_minor = net_minor
    return ready(replace(demand, between=between), charges, decided.totals)


def write_lines(documents: Iterable[Ready], *, waiting: Collection[Charge] = ()) -> None:
    """Write the lines of documents, before these: they seal them; and charges that wait."""
    lines = [line for document in documents for line in document.lines]
    write_charges([charge for charge in (*lines, *waiting) if charge._state.adding])
    _settle([line for line in lines if not line._state.adding])


def note_next(oldest: Mapping[Customer, tuple[date, date | None]], *, at: datetime) -> None:
    """
    Note when customers of one seller are collected next, and append days that have ended already.

    Given are the day that ends for each, and that of the oldest charge that still waits. The caller
    has locked them.
    """
    since = {
        customer: max(day_after(day), waits)
        for customer, (day, waits) in oldest.items()
        if waits is not None
    }
    following = dict(zip(since, collection_days(list(since.items())), strict=True))
    customers.note_all_collected({customer: following.get(customer) for customer in oldest})
    ended = {customer: day for customer, (day, _) in oldest.items()}
    contracts.append_days_of(dict.fromkeys(oldest, date.max), at=at, after=ended)


def chargeable(due: Sequence[Contract]) -> list[Contract]:
    """Return contracts but those that have failed on their due day: they wait for a retry."""
    if not due:
        return []
    keys = [
        period_key(contract.pk, due_on)
        for contract in due
        if (due_on := contract.next_billing_date)
    ]
    failed = set(
        Event.objects.filter(
            seller_id=due[0].seller_id, idempotency_key__in=keys, state=Event.State.FAILED
        ).values_list("stream_id", flat=True)
    )
    return [contract for contract in due if contract.pk not in failed]


def _source(charge: Charge) -> Contract | Order:
    if charge.subscription:
        return charge.subscription.contract
    assert charge.order_line is not None, "a charge is of a subscription or of an order's line"
    return charge.order_line.order


def _taxable(charge: Charge, supply: Supply) -> Taxable:
    return Taxable(
        charge.priced_minor,
        charge.tax_included,
        supply,
        supplied_on(charge.starts_on, charge.ends_on),
        tax_of(charge) if charge.is_taxed_as_charged else None,
    )


def _settle(charges: Sequence[Charge]) -> None:
    if not charges:
        return
    rows = [
        (charge.pk, charge.invoice_id, charge.position, charge.amount_minor, charge.tax_category,
         charge.tax_percent, charge.exemption_code, charge.exemption_text, charge.seller_vat_id,
         charge.tax_override_id)
        for charge in charges
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [list(column) for column in zip(*rows, strict=True)])


_SETTLE = """
    UPDATE invoices_charge AS charge
    SET invoice_id = settled.invoice_id, position = settled.position,
        amount_minor = settled.amount_minor, tax_category = settled.tax_category,
        tax_percent = settled.tax_percent, exemption_code = settled.exemption_code,
        exemption_text = settled.exemption_text, seller_vat_id = settled.seller_vat_id,
        tax_override_id = settled.tax_override_id
    FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::bigint[], %s::text[], %s::numeric[],
                %s::text[], %s::text[], %s::text[], %s::uuid[])
        AS settled(id, invoice_id, position, amount_minor, tax_category, tax_percent,
                   exemption_code, exemption_text, seller_vat_id, tax_override_id)
    WHERE charge.id = settled.id
"""
