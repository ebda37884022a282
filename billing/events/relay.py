"""
The relay: sends what waits in the log and was not sent, or was sent and not handled.

It also reads the dead letters: a message that was received again and again without being finished
names an event that kills its worker.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from billing.events import dispatch, windows
from billing.events.commands import fail
from billing.events.happened import fields_of
from billing.events.models import BulkMessage, Event
from billing.events.queues import dead_letters
from billing.events.tries import Trouble, Try
from billing.happenings.context import Fields, nested
from billing.happenings.lines import Action, Outcome, tell, tell_each

SWEEP_AT_MOST = 1000
_SENDS = "anlass.event.sends"

MESSAGE_REFUSED = Trouble(
    code="message_refused",
    reason="The broker refuses the message of this event, though it takes others.",
    remedy="Look into the relay's log for what it says; mend the queue; retry.",
    error_class="MessageRefused",
)

WORKER_LOST = Trouble(
    code="worker_lost",
    reason="Each worker that took this event died or ran out of time before it had finished.",
    remedy="Look into the workers' log for the transaction id; retry once the cause is mended.",
    error_class="WorkerLost",
)


def sweep(*, at: datetime) -> int:
    """
    Send the single events that are to be sent now, the longest waiting first. Return how many.

    Several relays share the work: each passes over the rows that another holds. They are marked as
    sent before they are: a worker finds none of them locked, and what a crash leaves unsent is sent
    when it is due again.

    :raises Exception: whatever kombu and botocore say of a broker that is away; the events stay as
        they are.
    """
    due = Event.objects.filter(
        ~Q(queue=settings.BULK_QUEUE), state=Event.State.WAITING, next_send_at__lte=at
    ).order_by("next_send_at")
    if not due.exists():  # As mostly: a look shall cost little.
        return 0
    with transaction.atomic():
        events = list(due.select_for_update(skip_locked=True)[:SWEEP_AT_MOST])
        dispatch.mark_published(events, at=at)
    return _send(events, at=at)


def sweep_bulk(*, at: datetime) -> int:
    """
    Send what is next of the sellers' bulk. Return how many events.

    :raises Exception: as `sweep`.
    """
    return _send_bulk(windows.take_unsent(at=at), at=at)


def sweep_lost(*, at: datetime) -> int:
    """
    Send bulk again whose messages were lost. Return how many events.

    :raises Exception: as `sweep`.
    """
    alone = _send(windows.take_lost_alone(at=at), at=at)
    return alone + _send_bulk(windows.take_lost(at=at), at=at)


def bury_dead_letters(*, at: datetime) -> int:
    """
    Put the events of dead letters before a human; return how many failures that made.

    A message that named several waiting events doesn't tell which of them is to blame: they are
    sent again, each in a message of its own.
    """
    failures = 0
    with dead_letters() as letters:
        for letter in letters:
            waiting = list(Event.objects.filter(id__in=letter.event_ids, state=Event.State.WAITING))
            if len(waiting) == 1:
                failures += _bury(waiting[0], at=at)
                continue
            dispatch.publish(waiting, alone=True)
    return failures


def _send(events: list[Event], *, at: datetime) -> int:
    """Send events that are marked already; what can't be sent is told or unmarked."""
    if not events:
        return 0
    try:
        sent = dispatch.publish(events)
    except Exception:
        dispatch.unmark(events, until=at)
        raise
    if sent.left:  # Their queue takes nothing, others do: they must not be first in each turn.
        dispatch.unmark(sent.left, until=at + settings.EVENT_RESEND_AFTER)
    for event in sent.refused:
        fail(event_id=event.pk, tried=_lost(event, at=at), trouble=MESSAGE_REFUSED)
    _tell_sent(sent.accepted)
    return len(sent.accepted)


def _send_bulk(messages: list[BulkMessage], *, at: datetime) -> int:
    if not messages:
        return 0
    sent = windows.send(messages, at=at)
    for event in Event.objects.filter(pk__in=sent.refused):
        fail(event_id=event.pk, tried=_lost(event, at=at), trouble=MESSAGE_REFUSED)
    named = sum(len(each.event_ids) for each in messages)
    count = named - len(sent.refused) - sum(len(each.event_ids) for each in sent.left)
    told: Fields = {"anlass.count": count, "anlass.count_failed": named - count}
    tell(Action.EVENT_SENT, f"{count} events of the bulk were sent", told)
    return count


def _tell_sent(events: Sequence[Event]) -> None:
    """Have the log tell of each event: who looks for its story finds that it was sent again."""
    rows = [
        (f"{each.type} waited", nested({**fields_of(each), _SENDS: each.sends + 1}))
        for each in events
    ]
    tell_each(Action.EVENT_SENT, rows)


def _bury(event: Event, *, at: datetime) -> bool:
    failure = fail(event_id=event.pk, tried=_lost(event, at=at), trouble=WORKER_LOST)
    if failure is None:
        return False
    tell(
        Action.DEAD_LETTER_BURIED,
        f"{event.type} kills its worker: its message was received again and again",
        {**fields_of(event), "anlass.failure.id": str(failure.pk)},
        outcome=Outcome.FAILURE,
        level=logging.ERROR,
    )
    return True


def _lost(event: Event, *, at: datetime) -> Try:
    """Return a try that nobody noted: it began when the event was last sent."""
    started_at = min(event.published_at or at, at)
    task = dispatch.tasks_of(event.type)[0]
    return Try(task=task, worker="lost", started_at=started_at, ended_at=at)
