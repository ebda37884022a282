"""What follows from how a try ended: done, another try, or a failure before a human."""

import hashlib
from datetime import timedelta

from billing.events import commands as events
from billing.events import log
from billing.events.causes import pattern_of
from billing.events.models import Event
from billing.events.tries import Trouble, Try
from billing.mending import Mend
from billing.sellers.queries import today
from invoices.delivery import metrics
from invoices.delivery.channels import Outcome
from invoices.delivery.channels.shape import Ended
from invoices.delivery.events import delivery_given_up, delivery_sent, endpoint_disabled
from invoices.delivery.models import Delivery, DeliveryAttempt, WebhookEndpoint
from invoices.delivery.queries.schedule import next_wait

ENDPOINT_FAILS_AT_MOST = timedelta(days=5)
TOLD_OF_ANSWER = 1000  # The whole stands with the try.
_DONE = {Ended.SENT: Delivery.State.SENT, Ended.WITHHELD: Delivery.State.WITHHELD}
_TRY_AGAIN = "Mend what the answer tells of, then retry; or resend the delivery from its page."
_SEND_ANEW = "Resend the delivery from its page: its message is made anew."
_ENABLE_AGAIN = "Mend the endpoint, enable it on its page, then retry this and resend the others."


def settle(
    attempt: DeliveryAttempt,
    delivery: Delivery,
    event: Event,
    outcome: Outcome,
    tried: Try,
) -> None:
    """Note how a try ended; the caller has locked delivery and event, which waits."""
    delivery.held_until = None
    if outcome.ended in _DONE:
        _close(delivery, _DONE[outcome.ended], tried)
        _note_health(attempt, delivery, fails=False, tried=tried)
        events.complete(event, tried=tried)
        _tell(delivery, event, tried)
        return
    disabled = _note_health(attempt, delivery, fails=True, tried=tried, is_gone=outcome.is_gone)
    wait = None if outcome.ended == Ended.REFUSED or disabled else next_wait(delivery)
    if wait is None:
        delivery.earlier_tries = delivery.tries
        _close(delivery, Delivery.State.GIVEN_UP, tried)
        trouble = _trouble(attempt, delivery, outcome, disabled=disabled)
        events.fail(event_id=event.pk, tried=tried, trouble=trouble)
        _tell(delivery, event, tried)
        return
    delivery.state = Delivery.State.FAILED
    delivery.next_try_at = tried.ended_at + wait
    delivery.settled_at = None
    _save(delivery)
    events.complete(event, tried=tried)


def still_disabled(delivery: Delivery) -> Trouble:
    """Return what keeps a failed webhook from being retried: its endpoint is disabled."""
    where = delivery.endpoint.url if delivery.endpoint else delivery.address
    return Trouble(
        code="webhook_disabled",
        reason=f"{where} is disabled: nothing was sent.",
        remedy=_ENABLE_AGAIN,
        error_class="webhook:disabled",
        mend=_endpoint(delivery),
    )


def no_longer_kept(delivery: Delivery) -> Trouble:
    """Return what keeps a failed webhook from being retried: what it said was let go."""
    return Trouble(
        code="webhook_pruned",
        reason=f"What was to be sent to {delivery.address} is no longer kept: nothing was sent.",
        remedy=_SEND_ANEW,
        error_class="webhook:pruned",
        mend=_endpoint(delivery),
    )


def _close(delivery: Delivery, state: Delivery.State, tried: Try) -> None:
    delivery.state = state
    delivery.next_try_at = None
    delivery.settled_at = tried.ended_at
    _save(delivery)
    metrics.note_end(delivery.channel, state)


def _save(delivery: Delivery) -> None:
    delivery.save(
        update_fields=["state", "next_try_at", "held_until", "settled_at", "earlier_tries"]
    )


def _note_health(
    attempt: DeliveryAttempt,
    delivery: Delivery,
    *,
    fails: bool,
    tried: Try,
    is_gone: bool = False,
) -> str:
    """
    Note since when an endpoint fails; disable it after days of that. Return why, if so.

    What its former address answers, from which it moved during the try, says nothing of it.
    """
    if delivery.endpoint_id is None:
        return ""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=delivery.endpoint_id)
    if endpoint.url != attempt.address:
        return ""
    if not fails:
        if endpoint.failing_since:
            endpoint.failing_since = None
            endpoint.save(update_fields=["failing_since"])
        return ""
    endpoint.failing_since = endpoint.failing_since or tried.started_at
    why = "The app answered 410 Gone: it wants no more." if is_gone else ""
    if tried.ended_at - endpoint.failing_since >= ENDPOINT_FAILS_AT_MOST:
        why = f"It has failed since {endpoint.failing_since:%Y-%m-%d %H:%M} UTC."
    ends = bool(why) and endpoint.state == WebhookEndpoint.State.ENABLED
    if ends:
        endpoint.state = WebhookEndpoint.State.DISABLED
        endpoint.disabled_at = tried.ended_at
        endpoint.disabled_reason = why
    endpoint.save(update_fields=["failing_since", "state", "disabled_at", "disabled_reason"])
    if ends:
        on = today(delivery.seller, at=tried.ended_at)
        log.append([endpoint_disabled(endpoint, on=on, at=tried.ended_at)], at=tried.ended_at)
    return why


def _trouble(
    attempt: DeliveryAttempt, delivery: Delivery, outcome: Outcome, *, disabled: str
) -> Trouble:
    said = f"{outcome.status or ''} {outcome.answer[:TOLD_OF_ANSWER]}".strip() or "no answer"
    what = f"the {delivery.get_channel_display()} to {attempt.address or 'the customer'}"
    if disabled:
        code, reason = "webhook_disabled", f"{attempt.address} is disabled. {disabled} Latest: "
        remedy = _ENABLE_AGAIN
    else:
        code, reason = f"{delivery.channel}_given_up", f"{delivery.type}: {what} was given up: "
        remedy = outcome.remedy or _TRY_AGAIN
    return Trouble(
        code=code,
        reason=f"{reason}{said}",
        remedy=remedy,
        error_class=f"{delivery.channel}:{outcome.status or outcome.ended}",
        mend=_mend(delivery, outcome),
    )


def _endpoint(delivery: Delivery) -> Mend:
    return Mend("endpoint", str(delivery.endpoint_id or _unread(delivery.address)))


def _unread(address: str) -> str:
    """Return what tells an address from others, and no person's name: causes are kept for ever."""
    return f"address {hashlib.sha256(address.encode()).hexdigest()[:12]}"


def _mend(delivery: Delivery, outcome: Outcome) -> Mend:
    """Return what must be mended: the app's endpoint, the customer's address, or the server."""
    if delivery.endpoint_id:
        return _endpoint(delivery)
    if outcome.ended == Ended.REFUSED and outcome.status and delivery.invoice:
        return Mend("customer", str(delivery.invoice.customer_id), _unread(delivery.address))
    said = outcome.status or pattern_of(outcome.answer)
    return Mend("mail_server", part=f"{delivery.channel} {said}")


def _tell(delivery: Delivery, event: Event, tried: Try) -> None:
    """Tell the seller's apps what became of an e-mail; of webhooks nothing is told by webhooks."""
    if delivery.channel != "email" or delivery.state == Delivery.State.WITHHELD:
        return
    seller, at = delivery.seller, tried.ended_at
    is_sent = delivery.state == Delivery.State.SENT
    tell = delivery_sent if is_sent else delivery_given_up
    log.append([tell(delivery, on=today(seller, at=at), at=at)], at=at, known_too=True)
