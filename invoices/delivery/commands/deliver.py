"""
`deliver`: one try of a delivery.

The try is recorded before anything is sent, and completed after it: two transactions around the
sending, which holds no lock. Until then the worker holds the delivery for a while, so that a
message that comes twice, or to two workers, sends once. Who is killed in between leaves a try of
unknown end; when the hold is over the delivery is sent once more, under the same id.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction

from billing.events import commands as events
from billing.events.happened import fields_of, handling, tell_committed
from billing.events.models import Event, Failure
from billing.events.patience import patiently
from billing.events.tries import Worker
from billing.happenings.context import Value
from billing.happenings.lines import Action, Outcome
from billing.happenings.spans import span
from invoices.delivery import metrics
from invoices.delivery.channels import CHANNELS
from invoices.delivery.channels import Outcome as Ending
from invoices.delivery.channels.shape import Ended, excerpt
from invoices.delivery.commands.settle import no_longer_kept, settle, still_disabled
from invoices.delivery.models import Delivery, DeliveryAttempt, WebhookEndpoint

logger = logging.getLogger(__name__)

DELIVER = "delivery.deliver"
SETTLED = frozenset({Delivery.State.SENT, Delivery.State.WITHHELD})
_STATUS = "anlass.delivery.status"
_ACTIONS = {
    "email": Action.EMAIL_TRIED,
    "webhook": Action.WEBHOOK_TRIED,
    "download": Action.DOWNLOAD_OFFERED,
}
_OF_ITS_END = (
    "ended_at", "outcome", "status", "answer", "ip", "request_headers", "answer_headers",
    "milliseconds",
)  # fmt: skip
_DEFECT = "Report it to the developers with the transaction id; retry once it is mended."


@dataclass(frozen=True, slots=True)
class Begun:
    """A try that is recorded, and about to send."""

    event: Event
    delivery: Delivery
    attempt: DeliveryAttempt


def deliver(*, event_id: UUID, at: datetime, worker: str) -> DeliveryAttempt | None:
    """
    Try the delivery that an event asks for; return the try.

    None if there is nothing to do: it is sent already, or another worker is at it.
    """
    me = Worker(task=DELIVER, name=worker, at=at)
    begun = _begin(event_id, me)
    if begun is None:
        return None
    with handling(begun.event, task=DELIVER):
        outcome = _send(begun, at=at)
        # Not lost for a moment's trouble with the database: it would be sent again.
        return patiently(partial(_end, begun, outcome, me))


@transaction.atomic
def _begin(event_id: UUID, me: Worker) -> Begun | None:
    event = Event.objects.select_for_update().get(pk=event_id)
    if event.state != Event.State.WAITING:
        return None
    delivery = _locked(UUID(event.payload["delivery_id"]))
    if delivery.pruned_at or delivery.state in SETTLED or _is_unwanted(delivery):
        _drop(delivery, event, me)
        return None
    if delivery.held_until and delivery.held_until > me.at:
        return None  # The event still waits, and comes again.
    delivery.tries += 1
    delivery.held_until = me.at + timedelta(seconds=settings.BROKER_VISIBILITY_SECONDS)
    delivery.save(update_fields=["tries", "held_until"])
    attempt = DeliveryAttempt.objects.create(
        seller_id=delivery.seller_id,
        delivery=delivery,
        number=delivery.tries,
        address=_present_address(delivery),
        worker=me.name,
        started_at=me.at,
    )
    return Begun(event, delivery, attempt)


def _present_address(delivery: Delivery) -> str:
    """Return where a try goes: an endpoint may have moved since the delivery was ordered."""
    return delivery.endpoint.url if delivery.endpoint else delivery.address


def _locked(delivery_id: UUID) -> Delivery:
    rows = Delivery.objects.select_for_update(of=("self",))
    return rows.select_related("seller", "invoice", "endpoint").get(pk=delivery_id)


def _is_unwanted(delivery: Delivery) -> bool:
    """Return whether its endpoint was disabled or deleted since it was ordered."""
    endpoint = delivery.endpoint
    return endpoint is not None and endpoint.state != WebhookEndpoint.State.ENABLED


def _drop(delivery: Delivery, event: Event, me: Worker) -> None:
    if delivery.pruned_at:  # Nothing is left to send: never an empty message.
        events.fail(event_id=event.pk, tried=me.tried(), trouble=no_longer_kept(delivery))
        return
    if delivery.state not in SETTLED:
        delivery.state = Delivery.State.GIVEN_UP
        delivery.next_try_at = None
        delivery.settled_at = me.at
        delivery.save(update_fields=["state", "next_try_at", "settled_at"])
        metrics.note_end(delivery.channel, delivery.state)
    endpoint = delivery.endpoint
    if (
        endpoint is not None
        and endpoint.state == WebhookEndpoint.State.DISABLED
        and event.failures.filter(state=Failure.State.RETRIED).exists()
    ):
        events.fail(event_id=event.pk, tried=me.tried(), trouble=still_disabled(delivery))
        return
    events.complete(event, tried=me.tried())


def _send(begun: Begun, *, at: datetime) -> Ending:
    delivery = begun.delivery
    try:
        with span(f"{delivery.channel} {delivery.type}", kind="client"):
            return CHANNELS[delivery.channel](delivery, at=at)
    except SoftTimeLimitExceeded:
        return Ending(Ended.FAILED, answer="It took too long.")
    except Exception as error:
        logger.exception("Defect while sending delivery %s", delivery.pk)
        said = excerpt(f"{type(error).__name__}: {error}")
        return Ending(Ended.REFUSED, answer=said, remedy=_DEFECT)


@transaction.atomic
def _end(begun: Begun, outcome: Ending, me: Worker) -> DeliveryAttempt:
    event = Event.objects.select_for_update().get(pk=begun.event.pk)
    delivery = _locked(begun.delivery.pk)
    attempt = DeliveryAttempt.objects.get(pk=begun.attempt.pk)
    tried = me.tried()
    attempt.ended_at = tried.ended_at
    attempt.outcome = outcome.ended
    attempt.status = outcome.status
    attempt.answer = outcome.answer
    attempt.ip = outcome.ip
    attempt.request_headers = dict(outcome.request_headers)
    attempt.answer_headers = dict(outcome.answer_headers)
    attempt.milliseconds = (tried.ended_at - tried.started_at) // timedelta(milliseconds=1)
    attempt.save(update_fields=_OF_ITS_END)
    seconds = (tried.ended_at - tried.started_at).total_seconds()
    metrics.note_try(delivery.channel, outcome.ended, seconds)
    is_latest = attempt.number == delivery.tries
    if event.state == Event.State.WAITING and is_latest:
        settle(attempt, delivery, event, outcome, tried)
    _tell(attempt, delivery, event)
    return attempt


def _tell(attempt: DeliveryAttempt, delivery: Delivery, event: Event) -> None:
    """Have the log tell of a try; never where it went, nor what was said."""
    status = "http.response.status_code" if delivery.channel == "webhook" else _STATUS
    told: dict[str, Value] = {
        "anlass.delivery.id": str(delivery.pk),
        "anlass.delivery.channel": delivery.channel,
        "anlass.delivery.type": delivery.type,
        "anlass.delivery.outcome": str(attempt.outcome),
        "anlass.attempt": attempt.number,
        "event.duration": (attempt.milliseconds or 0) * 1_000_000,
    }
    if attempt.status is not None:
        told[status] = attempt.status
    if delivery.invoice_id:
        told["anlass.invoice.id"] = str(delivery.invoice_id)
    is_fine = attempt.outcome in (Ended.SENT, Ended.WITHHELD)
    tell_committed(
        _ACTIONS[delivery.channel],
        f"Try {attempt.number} of a {delivery.channel} telling {delivery.type}: {attempt.outcome}",
        {**fields_of(event), **told},
        outcome=Outcome.SUCCESS if is_fine else Outcome.FAILURE,
        level=logging.INFO if is_fine else logging.WARNING,
    )
