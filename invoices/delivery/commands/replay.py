"""`replay`: past events of the log, told to an endpoint once more or for the first time."""

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.events.models import Event
from invoices.delivery.catalogue import ALL_TYPES, facts_told_as, matches, message_of
from invoices.delivery.commands.again import is_wanted, require_enabled, told_to
from invoices.delivery.commands.order import NewDelivery, order_all
from invoices.delivery.models import Delivery, WebhookEndpoint
from invoices.delivery.queries.past import SCANNED_AT_MOST, past_facts

State = Delivery.State
SECONDS_AT_MOST = 5.0  # Of looking at facts: deliveries to the endpoint wait meanwhile.
ON_ITS_WAY = frozenset({State.WAITING, State.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """
    Which past events: those of `[from_, until)`, after the event `after` where a call stopped.

    Of these only the types that match, of what the endpoint asks for; with `only_failed` only
    those that were given up and never sent since. At most `limit` are told at once.
    """

    from_: datetime
    until: datetime
    after: Event | None = None
    event_types: Sequence[str] = (ALL_TYPES,)
    only_failed: bool = False
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Replayed:
    """The deliveries that were made, how many events were looked at, and where to go on, if so."""

    deliveries: list[Delivery]
    looked_at: int
    reached: Event | None


@transaction.atomic
def replay(*, endpoint: WebhookEndpoint, stretch: Stretch, at: datetime) -> Replayed:
    """
    Tell an endpoint of past events, in the order in which they occurred.

    What is on its way to it is passed over. A call ends after so many deliveries, so many events,
    or some seconds; who has not reached the end goes on after the event that it returns.

    :raises EndpointNotEnabled: if the endpoint is told nothing.
    """
    # One replay at a time: the next sees what this one has put on its way.
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    require_enabled(endpoint)
    facts = past_facts(
        endpoint.seller_id,
        from_=stretch.from_,
        until=stretch.until,
        after=stretch.after,
        types=facts_told_as(stretch.event_types, endpoint.event_types),
    )
    new, looked_at = _chosen(endpoint, facts, stretch)
    made = order_all(new, at=at)
    is_cut = looked_at < len(facts) or len(facts) == SCANNED_AT_MOST
    return Replayed(made, looked_at, facts[looked_at - 1] if is_cut else None)


def _chosen(
    endpoint: WebhookEndpoint, facts: Sequence[Event], stretch: Stretch
) -> tuple[list[tuple[Event, NewDelivery]], int]:
    """Return what is told of which facts, and how many of these were looked at."""
    latest = _latest(endpoint, facts)
    ends = time.monotonic() + SECONDS_AT_MOST
    chosen: list[tuple[Event, NewDelivery]] = []
    for looked_at, event in enumerate(facts, start=1):
        if told := _told(endpoint, event, latest.get(event.pk, []), stretch):
            chosen.append((event, told))
        if len(chosen) == stretch.limit or time.monotonic() > ends:
            return chosen, looked_at
    return chosen, len(facts)


def _latest(endpoint: WebhookEndpoint, facts: Iterable[Event]) -> dict[UUID, list[Delivery]]:
    """Return what the endpoint was told of facts before, oldest first."""
    ids = [fact.pk for fact in facts]
    known = Delivery.objects.filter(channel="webhook", endpoint=endpoint, event__in=ids)
    told: dict[UUID, list[Delivery]] = {}
    for delivery in known.select_related("invoice").order_by("pk"):
        told.setdefault(delivery.event_id, []).append(delivery)
    return told


def _told(
    endpoint: WebhookEndpoint, event: Event, told: Sequence[Delivery], stretch: Stretch
) -> NewDelivery | None:
    if not _is_due({delivery.state for delivery in told}, stretch):
        return None
    message = message_of(event)
    if message is None or not matches(stretch.event_types, message.type):
        return None  # Of a fact's several types only some may be asked for.
    if not is_wanted(endpoint, message):
        return None
    return told_to(endpoint, message, former=told[0] if told else None, is_replay=True)


def _is_due(states: Collection[str], stretch: Stretch) -> bool:
    """Return whether what was told before leaves something to tell."""
    if not ON_ITS_WAY.isdisjoint(states):
        return False
    return not stretch.only_failed or (State.GIVEN_UP in states and State.SENT not in states)
