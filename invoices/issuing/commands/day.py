"""The end of a customer's day: what its contracts owe is charged, and what waits is collected."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from django.db import connection, transaction

from billing.contracts import commands as contracts
from billing.contracts.events import period_ended, period_key
from billing.contracts.models import Contract
from billing.contracts.queries import Known, known_on, timelines
from billing.copying import copy_rows
from billing.customers import commands as customers
from billing.customers.models import Customer
from billing.customers.queries import collection_day, is_collected_on
from billing.events import commands as events
from billing.events import log
from billing.events.models import Event
from billing.events.patience import PASSING
from billing.periods import day_after
from billing.pricing.taxes import Supply
from invoices.issuing.commands.charging import decide_to_wait, demand_of
from invoices.issuing.commands.issue import (
    Demand,
    Ready,
    charges_of,
    ready,
    write_documents,
)
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.drafts import DraftLine, Taxable, supplied_on, taxed
from invoices.issuing.queries.lines import lines_due
from invoices.issuing.queries.taxes import supplies_of, tax_columns, tax_of
from invoices.issuing.queries.trouble import is_foreseen, trouble
from invoices.issuing.queries.waiting import next_fact_day, oldest_day, waiting_charges

logger = logging.getLogger(__name__)


def lock_day(customer_id: UUID, *, until: date) -> Customer:
    """
    Lock a customer and those of its contracts that are due up to a day.

    The customer comes first: whoever makes one of its contracts due has locked it too.
    """
    customer = customers.lock_customer(customer_id)
    due = Contract.objects.filter(customer=customer, next_billing_date__lte=until)
    list(due.select_for_update().order_by("pk").values_list("pk"))
    return customer


def end_day(event: Event, me: events.Worker) -> list[Invoice]:
    """
    Charge what a customer's contracts owe up to a day, and issue what is collected on that day.

    One document per currency; none where nothing waits. A contract that can't be charged fails
    alone, with an event of its own. The caller has locked the day.
    """
    customer = Customer.objects.select_related("seller").get(pk=event.stream_id)
    day = event.as_of_date
    for contract in _due(customer, day):
        _charge_or_fail(contract, event, me)
    is_collected = is_collected_on(customer, day)
    waiting = list(_waiting_on(customer, day)) if is_collected else []
    oldest = oldest_day(customer, after=day if is_collected else None)
    following = collection_day(customer, on=max(day_after(day), oldest)) if oldest else None
    customers.note_collected(customer, next_collection_date=following)
    contracts.append_days_ended(customer.seller, at=me.at, customer=customer)
    collected = [
        _settled(demand_of(event, me, customer=customer, currency=currency), lines)
        for currency, lines in _by_currency(waiting).items()
    ]
    return write_documents(collected) if collected else []


def wait_for_day(demand: Demand, lines: Sequence[DraftLine]) -> None:
    """
    Have the contract of a fact charged at the end of the fact's day, together with others.

    What the fact demands by itself is only tried, so that what is wrong with it is told with it.

    :raises CustomerBusy: if the customer wasn't locked before.
    """
    assert demand.contract is not None, "an order is charged with its own event"
    decide_to_wait(demand, lines)
    customers.lock_customer_late(demand.customer.pk)
    contracts.make_due(demand.contract, day=demand.event.as_of_date)


def next_day(
    contract: Contract, next_turn: date | None, *, known: Known, today: date
) -> date | None:
    """
    Return the day on which a contract is due next, once it is charged by what was known.

    Facts that were recorded since, while the day was late, are due on their own days.
    """
    later = next_fact_day(contract, after=known.on) if known.on < today else None
    return min((day for day in (next_turn, later) if day), default=None)


def _due(customer: Customer, day: date) -> Iterable[Contract]:
    """Return the contracts to be charged; one that has failed on its due day waits for a retry."""
    due = list(
        Contract.objects.filter(customer=customer, next_billing_date__lte=day)
        .select_related("customer", "seller")
        .order_by("pk")
    )
    keys = [
        period_key(contract.pk, due_on)
        for contract in due
        if (due_on := contract.next_billing_date)
    ]
    failed = set(
        Event.objects.filter(
            seller_id=customer.seller_id, idempotency_key__in=keys, state=Event.State.FAILED
        ).values_list("stream_id", flat=True)
    )
    return [contract for contract in due if contract.pk not in failed]


def _charge_or_fail(contract: Contract, event: Event, me: events.Worker) -> None:
    try:
        with transaction.atomic():
            _charge(contract, event, me)
    except PASSING:
        raise
    except Exception as error:
        if not is_foreseen(error):
            logger.exception("Defect while charging contract %s, event %s", contract.pk, event.pk)
        contract.refresh_from_db()
        _fail_alone(contract, event, error, me)


def _charge(contract: Contract, event: Event, me: events.Worker) -> None:
    demand = demand_of(
        event, me, customer=contract.customer, currency=contract.currency, contract=contract
    )
    whole = timelines(contract, passes_over_failed=True).values()
    known = known_on(contract, whole, on=event.as_of_date)
    demanded = lines_due(contract, whole, on=event.as_of_date, known=known)
    owing, decided = decide_to_wait(demand, demanded.lines)
    copy_rows(charges_of(demand, owing, decided))
    following = next_day(contract, demanded.next_due, known=known, today=demand.today)
    contracts.note_billed(
        contract,
        known=known,
        charged_until=demanded.charged_until,
        next_billing_date=following,
        at=me.at,
    )


def _fail_alone(contract: Contract, event: Event, error: Exception, me: events.Worker) -> None:
    """Put a contract's due day before a human; its retry charges it."""
    due_on = contract.next_billing_date
    assert due_on is not None, "it was due"
    told = period_ended(
        seller_id=contract.seller_id, contract_id=contract.pk, due_on=due_on, at=me.at
    )
    (own,) = log.append([replace(told, transaction_id=event.transaction_id)], at=me.at)
    events.fail(event_id=own.pk, tried=me.tried(), trouble=trouble(error, own))


def _waiting_on(customer: Customer, day: date) -> Iterable[Charge]:
    """Return what waits of a day and those before it."""
    waiting = waiting_charges(customer).filter(event__as_of_date__lte=day)
    return waiting.select_related("subscription__contract", "price__plan", "plan", "order_line")


def _by_currency(charges: Iterable[Charge]) -> dict[str, list[Charge]]:
    found: dict[str, list[Charge]] = {}
    for charge in charges:
        found.setdefault(charge.currency, []).append(charge)
    return found


def _settled(demand: Demand, charges: Sequence[Charge]) -> Ready:
    """Settle taxes and nets of charges: by the parties of their document, and its sums."""
    decided = taxed(
        [
            _taxable(charge, supply)
            for charge, supply in zip(charges, supplies_of(charges), strict=True)
        ],
        between=demand.between,
        currency=demand.currency,
    )
    nets = decided.totals.line_nets
    for charge, tax, net_minor in zip(charges, decided.taxes, nets, strict=True):
        for name, value in tax_columns(tax).items():
            setattr(charge, name, value)
        charge.amount_minor = net_minor
    of_contract = replace(demand.between, contract=_contract_of(charges))
    document = ready(replace(demand, between=of_contract), charges, decided.totals)
    _settle(charges)  # Before their invoice: it seals them.
    return document


def _taxable(charge: Charge, supply: Supply) -> Taxable:
    return Taxable(
        charge.priced_minor,
        charge.tax_included,
        supply,
        supplied_on(charge.starts_on, charge.ends_on),
        tax_of(charge) if charge.is_taxed_as_charged else None,
    )


def _contract_of(charges: Iterable[Charge]) -> Contract | None:
    """Return the contract that all charges are of; None for those of several, or of an order."""
    found = {charge.subscription.contract if charge.subscription else None for charge in charges}
    return found.pop() if len(found) == 1 else None


def _settle(charges: Iterable[Charge]) -> None:
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
