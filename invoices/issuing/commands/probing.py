"""
Healing: causes that someone may have mended, or time, are tried again by the engine itself.

One failure of a cause is probed: tried again, and left open until that goes well. Only then the
others of the cause are probed too. What fails again is told anew and waits for the next probe,
each later than the one before, or for a row to be recorded that may have mended it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from billing.copying import uuid_array
from billing.events import commands as events
from billing.events.causes import distance
from billing.events.models import Event, Failure, FailureCause, FailureNote
from invoices.issuing.commands.deciding import Decision, Deed, decide_on_cause

AT_ONCE = 100  # Causes that one turn looks at: each is one event for the workers.
HELD_FOR = timedelta(minutes=1)  # After which a failure is probed that someone held just now.
_COLUMNS = ("next_probe_at", "probes", "probed_event")


def probe_causes(*, at: datetime) -> int:
    """
    Probe the causes that are due, and all of those whose probe went well. Return how many causes.

    Safe to run twice, and by several: each passes over the causes that another holds.
    """
    return _follow_up(at=at) + _probe_due(at=at)


@transaction.atomic
def _follow_up(*, at: datetime) -> int:
    """Look what became of probes; where one went well, have all that is left of the cause tried."""
    probed = FailureCause.objects.filter(probed_event__isnull=False)
    ended = probed.exclude(probed_event__state=Event.State.WAITING).select_related("probed_event")
    causes = list(ended.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:AT_ONCE])
    for cause in causes:
        event, cause.probed_event = cause.probed_event, None
        if event and _went_well(event, cause):
            _heal(cause, at=at)
    FailureCause.objects.bulk_update(causes, ["probed_event"])
    return len(causes)


def _went_well(event: Event, cause: FailureCause) -> bool:
    """Return whether an event is handled, or fails by something else now: this cause is mended."""
    if event.state != Event.State.FAILED:
        return event.state == Event.State.HANDLED
    return not event.failures.filter(cause=cause, state=Failure.State.OPEN).exists()


def _heal(cause: FailureCause, *, at: datetime) -> None:
    decision = Decision(deed=Deed.PROBE, by=events.ENGINE, at=at)
    others = decide_on_cause(cause, decision)
    FailureNote.objects.create(
        seller_id=cause.seller_id,
        cause=cause,
        kind=FailureNote.Kind.HEALED,
        text=f"One failure healed; {others} others are tried again." if others else "It healed.",
        by=events.ENGINE,
        at=at,
    )


@transaction.atomic
def _probe_due(*, at: datetime) -> int:
    """Probe one failure of each cause that is due; forget causes of which none is open."""
    due = FailureCause.objects.filter(next_probe_at__lte=at, probed_event=None)
    held = due.select_for_update(skip_locked=True).order_by("next_probe_at", "pk")
    causes = list(held[:AT_ONCE])
    if not causes:
        return 0
    chosen = _one_of_each([cause.pk for cause in causes])
    ids = [failure_id for failure_id, _ in chosen.values() if failure_id]
    tried = set(events.probe(failure_ids=ids, at=at))
    for cause in causes:
        _note(cause, chosen.get(cause.pk), tried, at=at)
    FailureCause.objects.bulk_update(causes, _COLUMNS)
    return len(causes)


def _note(
    cause: FailureCause,
    chosen: tuple[UUID | None, UUID | None] | None,
    tried: set[UUID],
    *,
    at: datetime,
) -> None:
    """Note when a cause is probed next: never where nothing of it is open."""
    if chosen is None:
        cause.next_probe_at, cause.probes = None, 0
        return
    _, event_id = chosen
    if event_id not in tried:  # All are being tried, or someone holds it.
        cause.next_probe_at = at + HELD_FOR
        return
    cause.probed_event_id = event_id
    cause.probes += 1
    cause.next_probe_at = at + distance(cause.probes)


def _one_of_each(
    cause_ids: Sequence[UUID],
) -> dict[UUID, tuple[UUID | None, UUID | None]]:
    """
    Return a failure of each cause that waits for someone, with its event.

    Of a cause all of which are being tried, none; a cause of which nothing is open isn't there.
    They take turns: what mends one may not mend another.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ONE_OF_EACH, [uuid_array(cause_ids)])
        return {cause: (failure, event) for cause, failure, event in cursor.fetchall()}


_ONE_OF_EACH = """
    SELECT c.id, f.id, f.event_id
    FROM unnest(%s::uuid[]) AS c(id)
    LEFT JOIN LATERAL (
        SELECT s.id, s.event_id FROM (
            SELECT f.id, f.event_id, e.retried_at
            FROM billing_failure f JOIN billing_event e ON e.id = f.event_id
            WHERE f.cause_id = c.id AND f.state = 'open' AND e.state = 'failed'
            LIMIT 100
        ) s
        ORDER BY s.retried_at NULLS FIRST, s.id
        LIMIT 1
    ) f ON true
    WHERE EXISTS (SELECT FROM billing_failure o WHERE o.cause_id = c.id AND o.state = 'open')
"""
