"""The inbox: what keeps events from being billed, and how urgent each cause is by now."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import BoolOr
from django.db import connection
from django.db.models import (
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    IntegerField,
    Min,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import RawSQL

from billing.copying import uuid_array
from billing.events.causes import HELD
from billing.events.models import Failure, FailureCause, FailureNote
from billing.events.priorities import (
    AGES,
    CLASS_POINTS,
    MOST_OF_MONEY,
    NUMBERS,
    PER_DIGIT,
    PER_STEP,
    UNFORESEEN,
    UNKNOWN_DIGITS,
    priority_of,
)

# Contracts and customers are counted up to here, of many causes less of each: so a page of causes
# costs the same however many events wait.
LOOKED_AT = 5000
LOOKED_AT_OF_EACH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What failures put at stake in one currency; without one, where it can't be known."""

    currency: str
    amount_minor: int | None
    events: int
    oldest: datetime
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What waits for a cause by now; with `is_counted` contracts and customers to the end."""

    priority: int = 0
    events: int = 0
    contracts: int = 0
    customers: int = 0
    is_counted: bool = True
    stakes: Sequence[Stake] = ()
    oldest: datetime | None = None
    is_new: bool = False
    assignee: str = ""
    example: Failure | None = field(default=None, compare=False)


def inbox(causes: QuerySet[FailureCause], *, at: datetime) -> QuerySet[Any]:
    """
    Return the causes for which something waits, each with its priority by now (`urgency`).

    Each cause is read once, by an index that holds open failures alone, with all that counts. What
    waits for approval is left out: it is decided on a page of its own.
    """
    bounds = [at - age for age in AGES]
    urgency = RawSQL(  # noqa: S611  # No text of anybody's is in it.
        _URGENCY, [MOST_OF_MONEY, PER_DIGIT, PER_STEP, *bounds, *NUMBERS, UNKNOWN_DIGITS]
    )
    waiting = causes.exclude(code=HELD).filter(Exists(_open_of(OuterRef("pk"))))
    return waiting.annotate(
        urgency=ExpressionWrapper(_of_class() + urgency, output_field=IntegerField())
    )


def never_seen(causes: QuerySet[FailureCause]) -> QuerySet[FailureCause]:
    """Return the causes of which the first failure ever is open."""
    return causes.filter(Exists(_open_of(OuterRef("pk")).filter(is_new=True)))


def figures(causes: Collection[FailureCause], *, at: datetime) -> dict[UUID, Figures]:
    """Return what waits for each cause: as many statements for many as for one."""
    ids = [cause.pk for cause in causes]
    stakes = _stakes(ids)
    told = _told(ids)
    counted = _counted(ids)
    assignees = assignees_of(ids)
    return {
        cause.pk: Figures(
            **_figures(cause, stakes[cause.pk], counted.get(cause.pk, (0, 0, 0)), at=at),
            assignee=assignees.get(cause.pk, ""),
            example=told.get(cause.pk),
        )
        for cause in causes
    }


def assignees_of(cause_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return who is to mend each cause; those that nobody is to mend are left out."""
    notes = FailureNote.objects.filter(cause__in=cause_ids, kind=FailureNote.Kind.ASSIGNED)
    latest = notes.order_by("cause", "-pk").distinct("cause")
    return {note.cause_id: note.assignee for note in latest if note.assignee}


def assigned_to(causes: QuerySet[FailureCause], name: str) -> QuerySet[FailureCause]:
    """Return the causes that someone is to mend."""
    notes = FailureNote.objects.filter(cause=OuterRef("pk"), kind=FailureNote.Kind.ASSIGNED)
    latest = Subquery(notes.order_by("-pk").values("assignee")[:1])
    return causes.alias(now_assigned=latest).filter(now_assigned=name)


def _of_class() -> Case:
    points: Mapping[int, list[str]] = {
        each: [code for code, its in CLASS_POINTS.items() if its == each]
        for each in set(CLASS_POINTS.values())
    }
    return Case(
        *(When(code__in=codes, then=Value(each)) for each, codes in points.items()),
        default=Value(UNFORESEEN),
        output_field=IntegerField(),
    )


def _open_of(cause: Any) -> QuerySet[Failure]:
    return Failure.objects.filter(cause=cause, state=Failure.State.OPEN)


def _stakes(cause_ids: Collection[UUID]) -> dict[UUID, list[Stake]]:
    open_ones = Failure.objects.filter(cause__in=cause_ids, state=Failure.State.OPEN)
    sums = (
        open_ones.order_by("cause", "currency")
        .values("cause", "currency")
        .annotate(
            amount_minor=Sum("money_at_stake_minor"),
            events=Count("pk"),
            oldest=Min("opened_at"),
            is_new=BoolOr("is_new"),
        )
    )
    found: dict[UUID, list[Stake]] = defaultdict(list)
    for row in sums:
        told: dict[str, Any] = {**row}
        found[told.pop("cause")].append(Stake(**told))
    return found


def _figures(
    cause: FailureCause,
    stakes: Sequence[Stake],
    counted: tuple[int, int, int],
    *,
    at: datetime,
) -> dict[str, Any]:
    if not stakes:
        return {}
    events = sum(stake.events for stake in stakes)
    oldest = min(stake.oldest for stake in stakes)
    looked_at, contracts, customers = counted
    return {
        "priority": max(
            priority_of(cause.code, stake.amount_minor, age=at - oldest, number=events)
            for stake in stakes
        ),
        "events": events,
        "contracts": contracts,
        "customers": customers,
        "is_counted": looked_at >= events,
        "stakes": [stake for stake in stakes if stake.amount_minor is not None],
        "oldest": oldest,
        "is_new": any(stake.is_new for stake in stakes),
    }


def _told(cause_ids: Collection[UUID]) -> dict[UUID, Failure]:
    """Return an open failure of each cause: its words tell of all."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_OF_EACH, [uuid_array(cause_ids)])
        ids = [failure_id for (failure_id,) in cursor.fetchall()]
    return {each.cause_id: each for each in Failure.objects.filter(pk__in=ids)}


def _counted(cause_ids: Collection[UUID]) -> dict[UUID, tuple[int, int, int]]:
    """Return how many failures were looked at, and of how many contracts and customers they are."""
    with connection.cursor() as cursor:
        most = max(LOOKED_AT // max(len(cause_ids), 1), LOOKED_AT_OF_EACH)
        cursor.execute(_COUNTED, {"causes": uuid_array(cause_ids), "most": most})
        return {cause: tuple(counts) for cause, *counts in cursor.fetchall()}


# The points of money, age and number: see `priorities`. A cause is grouped by itself, not joined:
# else what is counted of it would be counted for each of its failures.
_URGENCY = f"""
    (SELECT least(%s, %s * max(digits)) + %s * (
        {" + ".join(["(min(oldest) <= %s)::int"] * len(AGES))}
        + {" + ".join(["(sum(events) >= %s)::int"] * len(NUMBERS))})
    FROM (
        SELECT count(*) AS events, min(f.opened_at) AS oldest,
               coalesce(length(abs(sum(f.money_at_stake_minor))::text), %s) AS digits
        FROM billing_failure f
        WHERE f.cause_id = billing_failurecause.id AND f.state = 'open'
        GROUP BY f.currency
    ) s)
"""  # noqa: S608
# One row of an index for each cause, however many wait.
_ONE_OF_EACH = """
    SELECT f.id FROM unnest(%s::uuid[]) AS c(id)
    CROSS JOIN LATERAL (
        SELECT f.id FROM billing_failure f WHERE f.cause_id = c.id AND f.state = 'open'
        LIMIT 1
    ) f
"""
# Events of a contract, an order, an invoice or its delivery, or of a customer's day.
_COUNTED = """
    SELECT c.id, count(*), count(DISTINCT k.id),
           count(DISTINCT coalesce(k.customer_id, o.customer_id, i.customer_id, m.id))
    FROM unnest(%(causes)s::uuid[]) AS c(id)
    CROSS JOIN LATERAL (
        SELECT f.event_id FROM billing_failure f
        WHERE f.cause_id = c.id AND f.state = 'open' LIMIT %(most)s
    ) f
    JOIN billing_event e ON e.id = f.event_id
    LEFT JOIN billing_contract k ON k.id = e.stream_id AND k.seller_id = e.seller_id
    LEFT JOIN billing_order o ON o.id = e.stream_id AND o.seller_id = e.seller_id
    LEFT JOIN invoices_delivery d ON d.id = e.stream_id AND d.seller_id = e.seller_id
    LEFT JOIN invoices_invoice i
        ON i.id = coalesce(d.invoice_id, e.stream_id) AND i.seller_id = e.seller_id
    LEFT JOIN billing_customer m ON m.id = e.stream_id AND m.seller_id = e.seller_id
    GROUP BY c.id
"""
