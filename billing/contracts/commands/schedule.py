"""What is due when: the turn of a contract's periods as events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q

from billing.catalog.models import Price
from billing.contracts.commands.due import append_kind
from billing.contracts.events import period_ended, period_key
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.contracts.queries import DueKind, Known, days_due, next_turn
from billing.copying import uuid_array
from billing.customers.events import customer_day_ended, day_key
from billing.customers.models import Customer
from billing.customers.queries import collects
from billing.events import log
from billing.events.log import NewEvent
from billing.events.models import Event
from billing.events.queries import Days, first_open
from billing.periods import day_after
from billing.pricing.prices import AppliesTo
from billing.sellers.models import Seller
from billing.sellers.queries import due_until, ended_until, today


def append_days_ended(seller: Seller, *, at: datetime) -> int:
    """
    Append an event for each customer of whom something is to be collected, and return how many.

    A day counts once it has ended. A customer who isn't collected for any more, and for whom
    something still waits, needn't wait for the end of the day. Safe to run twice and in two
    processes.
    """
    return append_kind(seller, DueKind.DAYS, at=at)


def append_days_of(
    until: Mapping[Customer, date], *, at: datetime, after: Mapping[Customer, date] | None = None
) -> None:
    """
    Append as `append_days_ended` does for customers of one seller, each until a day.

    Of each the earliest day that isn't in the log: in as many statements for many as for one.
    `after` are the days that they follow, if they do: see `_append_following`.
    """
    days = earliest_days(until, at=at)
    new = [
        customer_day_ended(
            seller_id=customer.seller_id, customer_id=customer.id, day=days[customer.id], at=at
        )
        for customer in until
        if customer.id in days
    ]
    followed = (after or {}).items()
    _append_following(new, {one.pk: day_key(one.pk, day) for one, day in followed}, at=at)


def earliest_days(until: Mapping[Customer, date], *, at: datetime) -> dict[UUID, date]:
    """Return the days of which `append_days_of` appends events, by the customers' ids."""
    if not until:
        return {}
    seller = next(iter(until)).seller
    ended, now = ended_until(seller, at=at), today(seller, at=at)
    return days_due(
        seller.id,
        {each.id: (min(ended, on), min(now, on)) for each, on in until.items()},
    )


def append_period_ended(
    *contracts: Contract, at: datetime, after: Mapping[UUID, date] | None = None
) -> list[Event]:
    """
    Append the event of each contract's next due day, unless it is in the log already.

    `after` are the days that they follow, by contract, if they do: see `_append_following`.
    """
    new = [
        period_ended(
            seller_id=contract.seller_id,
            contract_id=contract.id,
            due_on=contract.next_billing_date,
            at=at,
        )
        for contract in contracts
        if contract.next_billing_date
    ]
    after = after or {}
    ids = [contract.id for contract in contracts if contract.id in after]
    return _append_following(new, {pk: period_key(pk, after[pk]) for pk in ids}, at=at)


def _append_following(
    new: Sequence[NewEvent], after: Mapping[UUID, str], *, at: datetime
) -> list[Event]:
    """
    Append the events of days, each as having occurred when the one did that it follows.

    So days that were missed count to the billing run that began to catch up. `after` are the keys
    of the events that are followed, by stream; a day that follows none occurs now.
    """
    if not new:
        return []
    before = Event.objects.filter(
        seller=new[0].seller_id,
        idempotency_key__in=[after[each.stream_id] for each in new if each.stream_id in after],
    )
    since = dict(before.values_list("stream_id", "occurred_at")) if after else {}
    timed = [replace(each, occurred_at=since.get(each.stream_id, at)) for each in new]
    return log.append(timed, at=at, known_too=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """How far a contract and its subscriptions are billed, by which facts, and when it is due."""

    contract: Contract
    known: Known
    charged_until: Mapping[UUID, date]
    next_billing_date: date | None


def note_billed(
    contract: Contract,
    *,
    known: Known,
    charged_until: Mapping[UUID, date],
    next_billing_date: date | None,
    at: datetime,
) -> None:
    """
    Note how far a contract and its subscriptions are billed, and when it is due next.

    If that day has come already, its event is appended at once. Where charges are collected, it is
    a day that isn't closed yet.
    """
    billed = Billed(
        contract=contract,
        known=known,
        charged_until=charged_until,
        next_billing_date=next_billing_date,
    )
    note_all_billed([billed], at=at)


def note_all_billed(billed: Sequence[Billed], *, at: datetime) -> None:
    """Note as `note_billed` does of contracts of one seller: in as many statements."""
    following = _following(billed)
    were_due = {one.contract.pk: day for one in billed if (day := one.contract.next_billing_date)}
    for each in billed:
        each.contract.billed_date = each.known.on
        each.contract.billed_position = each.known.position
        each.contract.next_billing_date = following[each.contract.id]
    contracts = [each.contract for each in billed]
    charged = [
        (subscription_id, until, each.known.on, each.known.position)
        for each in billed
        for subscription_id, until in each.charged_until.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE_CONTRACTS,
            [
                uuid_array(contract.id for contract in contracts),
                [contract.billed_date for contract in contracts],
                [contract.billed_position for contract in contracts],
                [contract.next_billing_date for contract in contracts],
            ],
        )
        if charged:
            ids, *rest = zip(*charged, strict=True)
            columns = [list(column) for column in rest]
            cursor.execute(_NOTE_SUBSCRIPTIONS, [uuid_array(ids), *columns])
    until = due_until(contracts[0].seller, at=at)
    due = [one for one in contracts if _is_due(one, until)]
    append_period_ended(*due, at=at, after=were_due)


def reopen(*, subscription_ids: Iterable[UUID]) -> None:
    """
    Have all that subscriptions owe compared again with what is charged: some was taken back.

    The caller has locked their contracts.
    """
    Subscription.objects.filter(pk__in=subscription_ids).update(
        charged_until=None, charged_known_on=None, charged_position=None
    )


def make_due(contract: Contract, *, day: date) -> None:
    """
    Have a contract charged at the end of a day, or of the next that isn't closed.

    The caller has locked the customer and the contract.
    """
    day, due_on = open_day(contract, on=day), contract.next_billing_date
    if due_on is None or day < due_on or open_day(contract, on=due_on) != due_on:
        contract.next_billing_date = day
        contract.save(update_fields=["next_billing_date"])


def open_day(contract: Contract, *, on: date) -> date:
    """Return a day or, where that is closed for the contract or its customer, the next open one."""
    return first_open(contract.seller_id, [_days_from(contract, on)])[0]


def _days_from(contract: Contract, on: date) -> Days:
    return Days(
        first=on,
        following=day_after,
        closed_by=lambda day: [day_key(contract.customer_id, day), period_key(contract.id, day)],
    )


def _following(billed: Sequence[Billed]) -> dict[UUID, date | None]:
    """Return when contracts are due next: where charges are collected, on a day that is open."""
    found = {each.contract.id: each.next_billing_date for each in billed}
    asked = {
        each.contract.id: _days_from(each.contract, each.next_billing_date)
        for each in billed
        if each.next_billing_date and collects(each.contract.customer)
    }
    open_ = first_open(billed[0].contract.seller_id, list(asked.values())) if asked else []
    return found | dict(zip(asked, open_, strict=True))


def pass_over(contract: Contract, *, day: date, at: datetime) -> None:
    """
    Go on to the next turn of a contract of which an event as of a day was written off.

    What it owes stays owed, and is charged then.
    """
    if contract.next_billing_date is None or contract.next_billing_date <= day:
        following = next_turn(contract, after=day)
        if following and collects(contract.customer):
            following = open_day(contract, on=following)
        contract.next_billing_date = following
        contract.save(update_fields=["next_billing_date"])
        if _is_due(contract, due_until(contract.seller, at=at)):
            append_period_ended(contract, at=at, after={contract.pk: day})


def bring_forward(price: Price) -> int:
    """
    Let contracts be billed on the day on which a later version of a price reaches them.

    At once means its first day, tomorrow at the earliest: what is due today may be billed already.
    A version from the next period on matters only where nothing was due any more. Return how many
    contracts are due earlier.
    """
    earlier = Price.objects.filter(plan=price.plan_id, code=price.code, currency=price.currency)
    if price.applies_to == AppliesTo.NEW or not earlier.exclude(pk=price.id).exists():
        return 0
    day = max(price.valid_from, price.recorded_on + timedelta(days=1))
    reached = Q(next_billing_date__isnull=True)
    if price.applies_to == AppliesTo.AT_ONCE:
        reached |= Q(next_billing_date__gt=day)
    having = SubscriptionChange.objects.filter(plan=price.plan_id)
    contracts = Contract.objects.filter(
        reached,
        seller=price.seller_id,
        currency=price.currency,
        pk__in=having.values("subscription__contract"),
    )
    in_order = contracts.select_for_update().order_by("pk").values_list("pk", flat=True)
    return Contract.objects.filter(pk__in=list(in_order)).update(next_billing_date=day)


def _is_due(contract: Contract, until: date) -> bool:
    """Return whether a contract's own day has come; a customer's day is none of it."""
    due_on = contract.next_billing_date
    return due_on is not None and due_on <= until and not collects(contract.customer)


_NOTE_CONTRACTS = """
    UPDATE billing_contract AS contract
    SET billed_date = billed.day, billed_position = billed.position,
        next_billing_date = billed.following
    FROM unnest(%s::uuid[], %s::date[], %s::bigint[], %s::date[])
        AS billed(id, day, position, following)
    WHERE contract.id = billed.id
"""
_NOTE_SUBSCRIPTIONS = """
    UPDATE billing_subscription AS subscription
    SET charged_until = charged.until, charged_known_on = charged.known_on,
        charged_position = charged.position
    FROM unnest(%s::uuid[], %s::date[], %s::date[], %s::bigint[])
        AS charged(id, until, known_on, position)
    WHERE subscription.id = charged.id
"""
