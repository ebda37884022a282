"""Writes to the log: how an event's handling ended, and what a human decided about a failure."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from billing.copying import copy_rows, unsaved
from billing.events import dispatch, log, metrics
from billing.events.facts import failure_closed, failure_opened
from billing.events.models import Attempt, Event, Failure
from billing.events.priorities import priority_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One try of a worker: which task, where, from when to when."""

    task: str
    worker: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Who handles events by which task, at what instant, and since when by its own stopwatch."""

    task: str
    name: str
    at: datetime
    started: float = field(default_factory=time.monotonic)

    def tried(self) -> Try:
        """Return the try so far, as one that ends now."""
        elapsed = timedelta(seconds=time.monotonic() - self.started)
        return Try(task=self.task, worker=self.name, started_at=self.at, ended_at=self.at + elapsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why an event could not be handled, in plain words, and what it may cost."""

    code: str
    reason: str
    remedy: str
    error_class: str
    money_at_stake_minor: int | None = None
    currency: str = ""


def complete(event: Event, *, tried: Try) -> None:
    """
    Note that a task has acted on `event`; handled, once all tasks of its flow have.

    Failures that were retried are resolved by it. The caller has locked `event`, and it waits.

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

    The event stays out of the relay's sight until the failure is retried.
    """
    event = Event.objects.select_for_update().get(pk=event_id)
    if event.state != Event.State.WAITING:
        return None
    _note(event, tried=tried, outcome=Attempt.Outcome.FAILED, error_class=trouble.error_class)
    event.state = Event.State.FAILED
    event.save(update_fields=["state"])
    failure = Failure.objects.create(
        seller_id=event.seller_id,
        event=event,
        code=trouble.code,
        reason=trouble.reason,
        remedy=trouble.remedy,
        money_at_stake_minor=trouble.money_at_stake_minor,
        currency=trouble.currency,
        priority=priority_of(trouble.code, trouble.money_at_stake_minor),
        state=Failure.State.OPEN,
        opened_at=tried.ended_at,
    )
    metrics.note_events([event.type], event.state)
    metrics.note_failure(failure.code)
    log.append([failure_opened(failure, event)], at=tried.ended_at)
    return failure


def hold(event_ids: Iterable[UUID]) -> dict[UUID, str]:
    """
    Return the states of events, and keep them so until the transaction ends.

    Failures are locked before their events, as a retry does it.
    """
    ids = set(event_ids)
    failures = _open(Failure.objects.filter(event_id__in=ids))
    held = {failure.event_id: failure.event for failure in failures}
    others = Event.objects.select_for_update().filter(pk__in=ids - held.keys()).order_by("position")
    held |= {event.id: event for event in others}
    return {event_id: event.state for event_id, event in held.items()}


def restate(reasons: Mapping[UUID, str]) -> None:
    """Tell anew what is wrong with failed events, by their ids: more is known of it by now."""
    failures = list(Failure.objects.filter(event_id__in=reasons, state=Failure.State.OPEN))
    for failure in failures:
        failure.reason = reasons[failure.event_id]
    Failure.objects.bulk_update(failures, ["reason"])


@transaction.atomic
def retry(*, failure_ids: Iterable[UUID], by: str, at: datetime, why: str = "") -> int:
    """Close open failures as retried, and send their events again. Return how many."""
    failures = list(_open_failures(failure_ids))
    events = [failure.event for failure in failures]
    for failure in failures:
        _close(failure, state=Failure.State.RETRIED, by=by, at=at, why=why)
    for event in events:
        event.state = Event.State.WAITING
        event.next_send_at = event.retried_at = at
        event.save(update_fields=["state", "next_send_at", "retried_at"])
    metrics.note_events([event.type for event in events], "retried")
    if events:
        transaction.on_commit(partial(dispatch.send_now, events), robust=True)
    return len(events)


@transaction.atomic
def write_off(*, failure_ids: Iterable[UUID], by: str, at: datetime, why: str) -> int:
    """Close open failures for good: their events will not be billed. Return how many."""
    failures = list(_open_failures(failure_ids))
    for failure in failures:
        _close(failure, state=Failure.State.WRITTEN_OFF, by=by, at=at, why=why)
        failure.event.state = Event.State.WRITTEN_OFF
        failure.event.save(update_fields=["state"])
    metrics.note_events([each.event.type for each in failures], Event.State.WRITTEN_OFF)
    log.append([failure_closed(each, each.event, at=at) for each in failures], at=at)
    return len(failures)


def _resolve(events: Sequence[Event], *, at: datetime) -> None:
    """Note that what had failed went well: nothing but one statement where nothing had."""
    failures = Failure.objects.filter(event__any_of=[event.pk for event in events])
    retried = failures.filter(state=Failure.State.RETRIED)
    if not retried.update(state=Failure.State.RESOLVED):
        return
    by_id = {event.pk: event for event in events}
    resolved = failures.filter(state=Failure.State.RESOLVED).order_by("pk")
    log.append([failure_closed(each, by_id[each.event_id], at=at) for each in resolved], at=at)


def _open_failures(failure_ids: Iterable[UUID]) -> Iterable[Failure]:
    return _open(Failure.objects.filter(id__in=list(failure_ids)))


def _open(failures: QuerySet[Failure]) -> QuerySet[Failure]:
    return (
        failures.select_for_update(of=("self", "event"))
        .filter(state=Failure.State.OPEN, event__state=Event.State.FAILED)
        .select_related("event")
        .order_by("event__position")
    )


def _close(failure: Failure, *, state: Failure.State, by: str, at: datetime, why: str) -> None:
    failure.state = state
    failure.closed_by = by
    failure.closed_at = at
    failure.closing_note = why
    failure.save(update_fields=["state", "closed_by", "closed_at", "closing_note"])


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
