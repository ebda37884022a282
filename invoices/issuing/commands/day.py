"""The end of a customer's day: what its contracts owe is charged, and what waits is collected."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from django.db import transaction

from billing.contracts import commands as contracts
from billing.contracts.events import period_ended
from billing.contracts.models import Contract
from billing.contracts.queries import Known, known_on, timelines
from billing.customers import commands as customers
from billing.customers.models import Customer
from billing.customers.queries import is_collected_on
from billing.events import commands as events
from billing.events import log
from billing.events.models import Event
from billing.events.patience import PASSING
from billing.events.tries import Worker
from invoices.issuing.commands.charging import decide_to_wait, demand_of
from invoices.issuing.commands.collecting import (
    chargeable,
    collected,
    note_next,
    stored,
    write_lines,
)
from invoices.issuing.commands.holding import check_not_held
from invoices.issuing.commands.issue import Demand, charges_of, write_charges, write_documents
from invoices.issuing.models import Invoice
from invoices.issuing.queries.drafts import DraftLine
from invoices.issuing.queries.lines import lines_due
from invoices.issuing.queries.trouble import is_foreseen, trouble
from invoices.issuing.queries.waiting import next_fact_days, oldest_day

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


def end_day(event: Event, me: Worker) -> list[Invoice]:
    """
    Charge what a customer's contracts owe up to a day, and issue what is collected on that day.

    One document per currency; none where nothing waits. A contract that can't be charged fails
    alone, with an event of its own. The caller has locked the day.

    :raises Held: if one of the documents must be approved first.
    """
    customer = Customer.objects.select_related("seller").get(pk=event.stream_id)
    day = event.as_of_date
    for contract in chargeable(_due(customer, day)):
        _charge_or_fail(contract, event, me)
    is_collected = is_collected_on(customer, day)
    waiting = stored({customer.pk: day})[customer.pk] if is_collected else []
    demand = demand_of(event, me, customer=customer, currency="")
    documents = collected(demand, waiting)
    check_not_held(demand, documents)
    write_lines(documents)  # Before their invoices: these seal them.
    oldest = oldest_day(customer, after=day if is_collected else None)
    note_next({customer: (day, oldest)}, at=me.at)
    return write_documents(documents) if documents else []


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
    later = next_fact_days({contract.pk: known.on}) if known.on < today else {}
    return earliest(next_turn, later.get(contract.pk))


def earliest(*days: date | None) -> date | None:
    """Return the first of those days that there are."""
    return min((day for day in days if day), default=None)


def _due(customer: Customer, day: date) -> list[Contract]:
    due = Contract.objects.filter(customer=customer, next_billing_date__lte=day)
    return list(due.select_related("customer", "seller").order_by("pk"))


def _charge_or_fail(contract: Contract, event: Event, me: Worker) -> None:
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


def _charge(contract: Contract, event: Event, me: Worker) -> None:
    demand = demand_of(
        event, me, customer=contract.customer, currency=contract.currency, contract=contract
    )
    whole = timelines(contract, passes_over_failed=True).values()
    known = known_on(contract, whole, on=event.as_of_date)
    demanded = lines_due(contract, whole, on=event.as_of_date, known=known)
    owing, decided = decide_to_wait(demand, demanded.lines)
    write_charges(charges_of(demand, owing, decided))
    following = next_day(contract, demanded.next_due, known=known, today=demand.today)
    contracts.note_billed(
        contract,
        known=known,
        charged_until=demanded.charged_until,
        next_billing_date=following,
        at=me.at,
    )


def _fail_alone(contract: Contract, event: Event, error: Exception, me: Worker) -> None:
    """Put a contract's due day before a human; its retry charges it."""
    due_on = contract.next_billing_date
    assert due_on is not None, "it was due"
    told = period_ended(
        seller_id=contract.seller_id, contract_id=contract.pk, due_on=due_on, at=me.at
    )
    (own,) = log.append([replace(told, transaction_id=event.transaction_id)], at=me.at)
    events.fail(event_id=own.pk, tried=me.tried(), trouble=trouble(error, own))
