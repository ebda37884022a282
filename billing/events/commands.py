"""Writes to the log: how an event's handling ended, and what a human decided about a failure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Q, TextField, When
from django.db.models import Value as Fixed

from billing.copying import copy_rows, unsaved
from billing.events import dispatch, log, metrics
from billing.events.causes import HEALING, HELD, distance, fingerprint, pattern_of
from billing.events.facts import failure_closed, failure_opened
from billing.events.happened import tell_closed, tell_handled, tell_opened
from billing.events.models import Attempt, Event, Failure, FailureCause
from billing.events.priorities import priority_of
from billing.events.tries import Trouble, Try
from billing.mending import Mend

ENGINE = "the engine"
HEALED = "It healed: tried again, it went well."


def complete(event: Event, *, tried: Try) -> None:
    """
    Note that a task has acted on `event`; handled, once all tasks of its flow have.

    Failures that were retried or probed are resolved by it. The caller has locked `event`, and it
    waits.

    Runs in the transaction of what the task did, so that both are committed or neither. A second
    success of the same task is refused by the constraint `event_handled_once_per_task`.
    """
    assert event.state == Event.State.WAITING, f"{event} is {event.state}"
    _note(event, tried=tried, outcome=Attempt.Outcome.SUCCEEDED)
    tasks = dispatch.tasks_of(event.type)
    if len(tasks) > 1:
        done = Attempt.objects.filter(event=event, outcome=Attempt.Outcome.SUCCEEDED)
        if done.values("task").distinct().count() < len(tasks):
            return
    event.state = Event.State.HANDLED
    event.save(update_fields=["state"])
    tell_handled([event], tried=tried)
    metrics.note_events([event.type], event.state)
    _resolve([event], at=tried.ended_at)


def complete_all(events: Sequence[Event], *, tried: Try) -> None:
    """
    Note as `complete` does that events are handled: each by the only task of its flow.

    As many statements for many as for one.
    """
    outcome = Attempt.Outcome.SUCCEEDED
    copy_rows([unsaved(Attempt, **_attempted(each, tried, outcome)) for each in events])
    ids = [event.id for event in events]
    handled = Event.objects.filter(pk__any_of=ids, state=Event.State.WAITING)
    count = handled.update(state=Event.State.HANDLED)
    assert count == len(ids), "the caller has locked them, and they wait"
    types = Counter(event.type for event in events)
    metrics.note_counted(types, Event.State.HANDLED)
    tasks = Counter(_own_task(event, tried.task) for event in events)
    metrics.note_attempts(tasks, outcome)
    _resolve(events, at=tried.ended_at)


@transaction.atomic
def fail(*, event_id: UUID, tried: Try, trouble: Trouble) -> Failure | None:
    """
    Put an event that can't be handled before a human; None if it no longer waits.

    The event stays out of the relay's sight until the failure is retried. One whose failure is open
    already, since it was only probed, is told anew: neither is there a second, nor is it younger.
    """
    event = Event.objects.select_for_update().get(pk=event_id)
    if event.state != Event.State.WAITING:
        return None
    _note(event, tried=tried, outcome=Attempt.Outcome.FAILED, error_class=trouble.error_class)
    event.state = Event.State.FAILED
    event.save(update_fields=["state"])
    metrics.note_events([event.type], event.state)
    return _open_or_restate(event, trouble, tried=tried)


def hold(event_ids: Iterable[UUID]) -> dict[UUID, str]:
    """
    Return the states of events, and keep them so until the transaction ends.

    Events are locked before their failures, here as everywhere: so no failure of theirs changes.
    """
    held = Event.objects.select_for_update().filter(pk__in=set(event_ids)).order_by("position")
    return dict(held.values_list("id", "state"))


def restate(reasons: Mapping[UUID, str]) -> None:
    """Tell anew what is wrong with failed events, by their ids: more is known of it by now."""
    failures = list(Failure.objects.filter(event_id__in=reasons, state=Failure.State.OPEN))
    for failure in failures:
        failure.reason = reasons[failure.event_id]
    Failure.objects.bulk_update(failures, ["reason"])


@transaction.atomic
def retry(*, failure_ids: Iterable[UUID], by: str, at: datetime, why: str = "") -> int:
    """
    Close open failures as retried, and send their events again. Return how many.

    As many statements for many as for one. Failures whose event is just being tried are left out.
    """
    failures, events = _lock_open(failure_ids)
    closing = Failure.objects.filter(pk__any_of=[failure.pk for failure in failures])
    closing.update(state=Failure.State.RETRIED, closed_by=by, closed_at=at, closing_note=why)
    tell_closed(failures, events, Failure.State.RETRIED)
    metrics.note_events([event.type for event in events], "retried")
    _send_again(events, at=at)
    return len(failures)


@transaction.atomic
def probe(*, failure_ids: Iterable[UUID], at: datetime, patiently: bool = False) -> list[UUID]:
    """
    Try the events of open failures again, and leave the failures open until that goes well.

    Return the events. Those that someone else holds are passed over, unless `patiently`; so is what
    waits for approval by now.
    """
    _, events = _lock_open(failure_ids, skips_locked=not patiently, held_too=False)
    _send_again(events, at=at)
    return [event.pk for event in events]


@transaction.atomic
def write_off(
    *, failure_ids: Iterable[UUID], by: str, at: datetime, why: str, held_too: bool = False
) -> int:
    """
    Close open failures for good: their events will not be billed. Return how many.

    What waits for approval is left out: who rejects it decides on the hold (`held_too`).
    """
    failures, events = _lock_open(failure_ids, held_too=held_too)
    closing = Failure.objects.filter(pk__any_of=[failure.pk for failure in failures])
    closing.update(state=Failure.State.WRITTEN_OFF, closed_by=by, closed_at=at, closing_note=why)
    Event.objects.filter(pk__any_of=[event.pk for event in events]).update(
        state=Event.State.WRITTEN_OFF
    )
    tell_closed(failures, events, Failure.State.WRITTEN_OFF)
    metrics.note_events([event.type for event in events], Event.State.WRITTEN_OFF)
    log.append([failure_closed(each, each.event, at=at) for each in failures], at=at)
    return len(failures)


def expect_healing(seller_ids: Iterable[UUID], *, of: Mend, at: datetime) -> int:
    """
    Probe soon what may have been mended: causes of some sellers, of a kind, or of one row.

    Return how many causes. Cheap: by an index that holds only causes that are still open.
    """
    causes = FailureCause.objects.filter(
        seller__in=list(seller_ids), mend_kind=of.kind, next_probe_at__gt=at
    )
    return (causes.filter(mend_id=of.id) if of.id else causes).update(next_probe_at=at)


def _open_or_restate(event: Event, trouble: Trouble, *, tried: Try) -> Failure:
    """Open a failure of an event that is locked, or tell the open one anew."""
    at = tried.ended_at
    cause, is_new = _cause_of(event, trouble, at=at)
    told: dict[str, Any] = {
        "cause": cause,
        "is_new": is_new,
        "code": trouble.code,
        "reason": trouble.reason,
        "remedy": trouble.remedy,
        "money_at_stake_minor": trouble.money_at_stake_minor,
        "currency": trouble.currency,
        "priority": priority_of(trouble.code, trouble.money_at_stake_minor),
    }
    failure = Failure.objects.filter(event=event, state=Failure.State.OPEN).first()
    if failure is None:
        state = Failure.State.OPEN
        failure = Failure.objects.create(
            seller_id=event.seller_id, event=event, state=state, opened_at=at, **told
        )
        _have_probed(cause, at=at)
        tell_opened(failure, event, tried)
        metrics.note_failure(failure.code)
        log.append([failure_opened(failure, event)], at=at)
        return failure
    if failure.cause_id == cause.pk:
        del told["is_new"]
    for name, value in told.items():
        setattr(failure, name, value)
    failure.save(update_fields=[*told])
    _have_probed(cause, at=at)
    return failure


def _cause_of(event: Event, trouble: Trouble, *, at: datetime) -> tuple[FailureCause, bool]:
    """Return the cause of a trouble, to be probed if it can heal; and whether it is a new one."""
    place = trouble.place or event.type
    told = fingerprint(code=trouble.code, place=place, mend=trouble.mend, reason=trouble.reason)
    known = FailureCause.objects.filter(seller_id=event.seller_id, fingerprint=told)
    cause, is_new = known.first(), False
    if cause is None:
        mine = FailureCause(
            seller_id=event.seller_id,
            fingerprint=told,
            code=trouble.code,
            place=place[:200],
            pattern=pattern_of(trouble.reason),
            mend_kind=trouble.mend.kind,
            mend_id=trouble.mend.id[:200],
            mend_part=trouble.mend.part[:500],
            first_seen_at=at,
            next_probe_at=at + distance(0) if trouble.code in HEALING else None,
        )
        FailureCause.objects.bulk_create([mine], ignore_conflicts=True)
        cause = known.get()
        is_new = cause.pk == mine.pk
    return cause, is_new


def _have_probed(cause: FailureCause, *, at: datetime) -> None:
    """
    Have a cause probed that can heal, if nobody has asked for that: it may have been settled.

    Behind its failure: who forgets a cause that is settled meanwhile holds it until the failure is
    there. Where it is asked for already nothing is locked: else all who fail alike would wait.
    """
    if cause.code in HEALING:
        settled = FailureCause.objects.filter(pk=cause.pk, next_probe_at=None)
        settled.update(next_probe_at=at + distance(0), probes=0)


def _resolve(events: Sequence[Event], *, at: datetime) -> None:
    """Note that what had failed went well: nothing but one statement where nothing had."""
    failures = Failure.objects.filter(event__any_of=[event.pk for event in events])
    was_open = Q(state=Failure.State.OPEN)  # It was only probed: nobody has closed it yet.
    state = Failure.State.RESOLVED
    resolved = failures.filter(was_open | Q(state=Failure.State.RETRIED)).update(
        state=state,
        closed_at=Case(When(was_open, then=Fixed(at)), default="closed_at"),
        closed_by=Case(When(was_open, then=Fixed(ENGINE)), default="closed_by"),
        closing_note=Case(When(was_open, then=Fixed(HEALED, TextField())), default="closing_note"),
    )
    if not resolved:
        return
    # An event is handled once: all that is resolved of it is so by now.
    told = list(failures.filter(state=state).order_by("pk"))
    tell_closed(told, events, state)
    log.append([failure_closed(each, each.event, at=at) for each in told], at=at)


def _lock_open(
    failure_ids: Iterable[UUID], *, skips_locked: bool = False, held_too: bool = True
) -> tuple[list[Failure], list[Event]]:
    """Return those that are open and whose event waits for someone; events are locked first."""
    open_ones = Failure.objects.filter(pk__any_of=list(failure_ids), state=Failure.State.OPEN)
    open_ones = open_ones if held_too else open_ones.exclude(code=HELD)
    held = Event.objects.select_for_update(skip_locked=skips_locked).filter(
        pk__any_of=list(open_ones.values_list("event_id", flat=True)), state=Event.State.FAILED
    )
    events = {event.pk: event for event in held.order_by("position")}
    still_open = open_ones.filter(event__any_of=list(events)).select_for_update()
    failures = list(still_open.order_by("pk"))
    mine = {failure.event_id for failure in failures}
    return failures, [event for event in events.values() if event.pk in mine]


def _send_again(events: Sequence[Event], *, at: datetime) -> None:
    waiting = {"state": Event.State.WAITING, "next_send_at": at, "retried_at": at}
    Event.objects.filter(pk__any_of=[event.pk for event in events]).update(**waiting)
    for event in events:
        for name, value in waiting.items():
            setattr(event, name, value)
    log.send_again(events)


def _own_task(event: Event, task: str) -> str:
    """Return the event's own task: one that handles what waits ahead meets events of others."""
    tasks = dispatch.tasks_of(event.type)
    return task if task in tasks else tasks[0]


def _note(event: Event, *, tried: Try, outcome: str, error_class: str = "") -> None:
    Attempt.objects.create(**_attempted(event, tried, outcome, error_class))
    metrics.note_attempts(Counter([_own_task(event, tried.task)]), outcome)


def _attempted(event: Event, tried: Try, outcome: str, error_class: str = "") -> dict[str, Any]:
    return {
        "event_id": event.id,
        "seller_id": event.seller_id,
        "task": _own_task(event, tried.task),
        "worker": tried.worker,
        "started_at": tried.started_at,
        "ended_at": tried.ended_at,
        "outcome": outcome,
        "error_class": error_class,
    }
