"""`replay`: past events of the log, told to an endpoint once more or for the first time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.events.models import Event
from invoices.delivery.catalogue import ALL_TYPES, matches, message_of
from invoices.delivery.commands.again import is_wanted, require_enabled, told_to
from invoices.delivery.commands.order import order
from invoices.delivery.models import Delivery, WebhookEndpoint
from invoices.delivery.queries.past import SCANNED_AT_MOST, past_facts

State = Delivery.State
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

    What is on its way to it is passed over. A call ends after so many deliveries, or so many
    events; who has not reached the end goes on after the event that it returns.

    :raises EndpointNotEnabled: if the endpoint is told nothing.
    """
    # One replay at a time: the next sees what this one has put on its way.
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    require_enabled(endpoint)
    facts = past_facts(
        endpoint.seller_id, from_=stretch.from_, until=stretch.until, after=stretch.after
    )
    latest = _latest(endpoint, facts)
    made: list[Delivery] = []
    for looked_at, event in enumerate(facts, start=1):
        made += _tell(endpoint, event, latest.get(event.pk, []), stretch, at=at)
        if len(made) == stretch.limit and looked_at < len(facts):
            return Replayed(made, looked_at, event)
    is_cut = len(facts) == SCANNED_AT_MOST
    return Replayed(made, len(facts), facts[-1] if is_cut else None)


def _latest(endpoint: WebhookEndpoint, facts: Iterable[Event]) -> dict[UUID, list[Delivery]]:
    """Return what the endpoint was told of facts before, oldest first."""
    ids = [fact.pk for fact in facts]
    known = Delivery.objects.filter(channel="webhook", endpoint=endpoint, event__in=ids)
    told: dict[UUID, list[Delivery]] = {}
    for delivery in known.select_related("invoice").order_by("pk"):
        told.setdefault(delivery.event_id, []).append(delivery)
    return told


def _tell(
    endpoint: WebhookEndpoint,
    event: Event,
    told: Sequence[Delivery],
    stretch: Stretch,
    *,
    at: datetime,
) -> list[Delivery]:
    states = {delivery.state for delivery in told}
    if not ON_ITS_WAY.isdisjoint(states):
        return []
    if stretch.only_failed and (State.GIVEN_UP not in states or State.SENT in states):
        return []
    message = message_of(event)
    if message is None or not is_wanted(endpoint, message):
        return []
    if not matches(stretch.event_types, message.type):
        return []
    former = told[0] if told else None
    return order(event, [told_to(endpoint, message, former=former, is_replay=True)], at=at)
