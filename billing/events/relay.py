"""
The relay: sends what waits in the log and was not sent, or was sent and not handled.

It also reads the dead letters: a message that was received again and again without being finished
names an event that kills its worker.
"""

import logging
from datetime import datetime

from django.db import transaction

from billing.events import dispatch
from billing.events.commands import Trouble, Try, fail
from billing.events.models import Event
from billing.events.queues import dead_letters

logger = logging.getLogger(__name__)

SWEEP_AT_MOST = 1000

WORKER_LOST = Trouble(
    code="worker_lost",
    reason="Each worker that took this event died or ran out of time before it had finished.",
    remedy="Look into the workers' log for the transaction id; retry once the cause is mended.",
    error_class="WorkerLost",
)


def sweep(*, at: datetime) -> int:
    """
    Send the events that are to be sent now, the longest waiting first. Return how many.

    Several relays share the work: each passes over the rows that another holds. A crash between
    send and commit sends twice, which changes nothing.

    :raises kombu.exceptions.OperationalError: if the broker is away; the events stay as they are.
    """
    with transaction.atomic():
        events = list(
            Event.objects.select_for_update(skip_locked=True)
            .filter(state=Event.State.WAITING, next_send_at__lte=at)
            .order_by("next_send_at")[:SWEEP_AT_MOST]
        )
        if events:
            dispatch.publish(events)
            dispatch.mark_published(events, at=at)
    return len(events)


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
            for event in waiting:
                dispatch.publish([event])
    return failures


def _bury(event: Event, *, at: datetime) -> bool:
    started_at = min(event.published_at or at, at)
    tried = Try(
        task=dispatch.tasks_of(event.type)[0], worker="lost", started_at=started_at, ended_at=at
    )
    return fail(event_id=event.pk, tried=tried, trouble=WORKER_LOST) is not None
