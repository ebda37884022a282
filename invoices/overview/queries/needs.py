"""What of a seller needs somebody, or waits: read by index, and at most so much of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from billing.events.causes import HELD
from billing.events.dispatch import flow
from billing.events.models import Failure
from billing.sellers.models import Seller
from invoices.issuing.models import Hold
from invoices.issuing.queries.holds import waiting
from invoices.overview.queries.figures import Figure
from invoices.runs.models import BillingRun
from invoices.runs.queries import running

SHOWN = 5
COUNTED_AT_MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Some:
    """How many there are: `is_more` than were counted."""

    count: int
    is_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many events wait for a worker, and since when the oldest of them does."""

    events: Some
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFailures:
    """The open failures: how many, the most urgent, and the money at stake by currency, net."""

    open: Some
    most_urgent: Sequence[Failure]
    at_stake: Sequence[Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """What waits for approval: how many, and the oldest."""

    open: Some
    oldest: Sequence[Hold]


def waiting_events(seller: Seller) -> Waiting:
    """Return what waits of a seller's events: a probe of the index for each type."""
    asked: dict[str, Any] = {
        "seller": seller.pk,
        "types": sorted(flow()),
        "most": COUNTED_AT_MOST + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, asked)
        count, since = cursor.fetchone()
    return Waiting(events=_some(count), since=since)


def open_failures(seller: Seller) -> OpenFailures:
    """Return a seller's open failures; money is added up of the most urgent 10,000."""
    mine = Failure.objects.filter(seller=seller, state=Failure.State.OPEN).exclude(code=HELD)
    urgent = mine.order_by("-priority", "opened_at")
    sums: dict[str, list[int]] = defaultdict(list)
    stakes = mine.order_by("-priority").values_list("currency", "money_at_stake_minor")[
        : COUNTED_AT_MOST + 1
    ]
    count = 0
    for currency, amount_minor in stakes:
        count += 1
        if amount_minor is not None:
            sums[currency].append(amount_minor)
    return OpenFailures(
        open=_some(count),
        most_urgent=list(urgent[:SHOWN]),
        at_stake=[Figure(each, len(sums[each]), sum(sums[each])) for each in sorted(sums)],
    )


def approvals(seller: Seller) -> Approvals:
    """Return what of a seller waits for approval."""
    mine = waiting().filter(seller=seller, failure__seller=seller)
    return Approvals(
        open=_some(mine.values("pk")[: COUNTED_AT_MOST + 1].count()),
        oldest=list(mine.select_related("customer", "failure").order_by("pk")[:SHOWN]),
    )


def running_runs(seller: Seller) -> QuerySet[BillingRun]:
    """Return a seller's billing runs of which something still waits."""
    return running().filter(seller=seller)


def with_open_failures(sellers: QuerySet[Seller]) -> QuerySet[Seller]:
    """Return those of some sellers that have an open failure: a probe of the index for each."""
    opened = Failure.objects.filter(seller=OuterRef("pk"), state=Failure.State.OPEN)
    return sellers.filter(Exists(opened)).order_by("name")


def _some(count: int) -> Some:
    return Some(count=min(count, COUNTED_AT_MOST), is_more=count > COUNTED_AT_MOST)


# By the index event_unsettled (`OF_UNSETTLED`).
_WAITING = """
    SELECT (
        SELECT count(*) FROM (
            SELECT 1 FROM billing_event
            WHERE seller_id = %(seller)s AND state IN ('waiting', 'failed') AND state = 'waiting'
              AND sends >= 0
            LIMIT %(most)s
        ) AS found
    ), min(oldest.occurred_at)
    FROM unnest(%(types)s::text[]) AS asked(type) CROSS JOIN LATERAL (
        SELECT occurred_at FROM billing_event
        WHERE seller_id = %(seller)s AND type = asked.type AND state IN ('waiting', 'failed')
          AND state = 'waiting' AND sends >= 0
        ORDER BY occurred_at LIMIT 1
    ) AS oldest
"""
