"""How far billing runs are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from billing.contracts.queries import EVENT_TYPES, DueKind
from billing.events.models import OF_UNSETTLED, Event, Failure
from billing.sellers.models import Seller
from invoices.runs.models import BillingRun

# So many events are counted in some milliseconds.
COUNTED_LIVE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """
    How far a run is.

    `done` counts what was billed, and what a human wrote off; of what was missed for some days,
    once all of them are. `per_second` is the rate since its start. `left` is how long the rest
    takes at that rate; None if nothing is done yet.
    """

    total: int
    done: int
    failed: int
    waiting: int
    took: timedelta
    is_appending: bool
    is_finished: bool

    @property
    def percent(self) -> float:
        """What isn't waiting any more, of a hundred; 100 only once nothing waits."""
        settled = (self.total - self.waiting) / self.total if self.total else 1.0
        return int(settled * 1000) / 10  # Rounded down.

    @property
    def per_second(self) -> float:
        """Events that were settled in a second."""
        return (self.total - self.waiting) / max(self.took.total_seconds(), 0.001)

    @property
    def left(self) -> timedelta | None:
        """How long the rest takes at this rate."""
        if not self.waiting or not self.per_second:
            return None if self.waiting else timedelta()
        return timedelta(seconds=round(self.waiting / self.per_second))


def progress(run: BillingRun, *, at: datetime) -> Progress:
    """
    Return how far a run is.

    While more is unsettled than is counted in no time, it is how far it was when it was counted
    last: see `count_progress`.
    """
    if run.finished_at is None:
        found = _counted(run, at_most=COUNTED_LIVE)
        if found is not None:
            return _progress(run, *found, until=at)
    if run.counted_at is None or run.done is None or run.failed is None:
        return _progress(run, waiting=run.total, failed=0, until=at)  # It has just begun.
    waiting = run.total - run.done - run.failed
    return _progress(run, waiting, run.failed, until=run.finished_at or run.counted_at)


def count_progress(run: BillingRun, *, at: datetime) -> Progress:
    """Return how far a run is by now, however long counting that takes."""
    found = _counted(run)
    assert found is not None, "all of it is counted"
    return _progress(run, *found, until=at)


def is_counted_live(run: BillingRun) -> bool:
    """Return whether so little of a run is unsettled that whoever looks can count it."""
    return _counted(run, at_most=COUNTED_LIVE) is not None


def _counted(run: BillingRun, *, at_most: int | None = None) -> tuple[int, int] | None:
    """Return how many of a run's events wait, and how many failed; None if it's more of either."""
    counts: list[int] = []
    for state in (Event.State.WAITING, Event.State.FAILED):
        mine = events_of(run).filter(state=state)
        count = mine.count() if at_most is None else mine.values("pk")[: at_most + 1].count()
        if at_most is not None and count > at_most:
            return None
        counts.append(count)
    waiting, failed = counts
    return waiting, failed


def _progress(run: BillingRun, waiting: int, failed: int, *, until: datetime) -> Progress:
    return Progress(
        total=run.total,
        done=max(run.total - waiting - failed, 0),
        failed=failed,
        waiting=waiting,
        took=max(until - run.started_at, timedelta()),
        is_appending=run.is_appending,
        is_finished=run.finished_at is not None,
    )


def waits(run: BillingRun) -> bool:
    """Return whether one of a run's events still waits."""
    return events_of(run).filter(state=Event.State.WAITING).exists()


def events_of(run: BillingRun) -> QuerySet[Event]:
    """Return a run's events: those that it appended, and what follows them up to its day."""
    return Event.objects.filter(
        OF_UNSETTLED,
        seller=run.seller_id,
        type=EVENT_TYPES[DueKind(run.kind)],
        occurred_at=run.started_at,
        as_of_date__lte=run.day,
    )


def open_failures(run: BillingRun) -> QuerySet[Failure]:
    """
    Return what of a run waits for a human, most urgent first.

    That may be contracts of customers whose day counts as done: it was billed without them.
    """
    failed = Q(event__in=events_of(run).filter(state=Event.State.FAILED))
    if run.kind == DueKind.DAYS:
        failed |= Q(event__in=_failed_alone(run))
    open_ones = Failure.objects.filter(failed, seller=run.seller_id, state=Failure.State.OPEN)
    return open_ones.select_related("event").order_by("-priority", "pk")


def _failed_alone(run: BillingRun) -> QuerySet[Event]:
    """Return the events of contracts that failed while their customer's day was billed without."""
    return Event.objects.filter(
        OF_UNSETTLED,
        seller=run.seller_id,
        type=EVENT_TYPES[DueKind.PERIODS],
        state=Event.State.FAILED,
        transaction_id__in=events_of(run).values("pk"),
    )


def still_failing(runs: Iterable[BillingRun]) -> set[UUID]:
    """
    Return which of runs that ended have something that failed and isn't settled by now.

    What was retried isn't before it is handled. One statement, however many runs.
    """
    types = [When(kind=kind, then=Value(type_)) for kind, type_ in EVENT_TYPES.items()]
    unsettled = [Event.State.WAITING, Event.State.FAILED]
    failed = Event.objects.filter(
        OF_UNSETTLED,
        seller=OuterRef("seller"),
        type=OuterRef("type"),
        occurred_at=OuterRef("started_at"),
        as_of_date__lte=OuterRef("day"),
        state__in=unsettled,
    )
    days = Event.objects.filter(
        seller=OuterRef(OuterRef("seller")),
        type=EVENT_TYPES[DueKind.DAYS],
        occurred_at=OuterRef(OuterRef("started_at")),
        as_of_date__lte=OuterRef(OuterRef("day")),
    )
    alone = Event.objects.filter(
        OF_UNSETTLED,
        seller=OuterRef("seller"),
        type=EVENT_TYPES[DueKind.PERIODS],
        state__in=unsettled,
        transaction_id__in=days.values("pk"),
    )
    asked = BillingRun.objects.filter(pk__in=[run.pk for run in runs]).alias(type=Case(*types))
    failing = asked.filter(Exists(failed) | Q(Exists(alone), kind=DueKind.DAYS))
    return set(failing.values_list("pk", flat=True))


def running() -> QuerySet[BillingRun]:
    """Return the runs that haven't ended, of all sellers."""
    return BillingRun.objects.filter(finished_at__isnull=True)


def waiting_until(seller: Seller, *, until: date) -> QuerySet[Event]:
    """Return what was due to a seller by a day and waits, of runs or of days missed before."""
    return Event.objects.filter(
        OF_UNSETTLED,
        seller=seller,
        type__in=list(EVENT_TYPES.values()),
        state=Event.State.WAITING,
        as_of_date__lte=until,
    )


def together(all_of_them: Iterable[Progress]) -> Progress:
    """Return several runs as one."""
    parts = list(all_of_them)
    return Progress(
        total=sum(each.total for each in parts),
        done=sum(each.done for each in parts),
        failed=sum(each.failed for each in parts),
        waiting=sum(each.waiting for each in parts),
        took=max((each.took for each in parts), default=timedelta()),
        is_appending=any(each.is_appending for each in parts),
        is_finished=all(each.is_finished for each in parts),
    )
