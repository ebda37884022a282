"""
Announcing: a public fact is told to apps, by an event of its own, where an app wants to know of it.

The fact itself stays what it is, for whoever else acts on it; where no app wants it, no row is
written. Who wants what is known to a later stage, which the settings name.
"""

from collections.abc import Callable, Collection
from functools import cache
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from billing.events.models import Event

ANNOUNCED = "event.announced"

Kind = tuple[UUID, str]  # A seller, and a type of its events.


@cache
def _asked() -> Callable[[UUID, Collection[str]], Collection[str]]:
    """Return the engine's answer to which types of events the apps of a seller want told."""
    return cast(
        Callable[[UUID, Collection[str]], Collection[str]], import_string(settings.EVENTS_WANTED)
    )


def wanted(kinds: Collection[Kind]) -> set[Kind]:
    """Return which of these apps want to be told: one query for each seller, none for nothing."""
    types: dict[UUID, set[str]] = {}
    for seller_id, event_type in kinds:
        types.setdefault(seller_id, set()).add(event_type)
    return {
        (seller_id, event_type)
        for seller_id, names in types.items()
        for event_type in _asked()(seller_id, names)
    }


def announcement(fact: Event) -> dict[str, Any]:
    """Return what is appended beside a fact that is to be told."""
    # A stream of its own: who handles a contract's events in order doesn't wait for apps.
    return {
        "seller_id": fact.seller_id,
        "type": ANNOUNCED,
        "stream_id": fact.pk,
        "payload": {"event_id": str(fact.pk)},
        "as_of_date": fact.as_of_date,
        "occurred_at": fact.occurred_at,
        "idempotency_key": f"{ANNOUNCED}:{fact.pk}",
        "transaction_id": fact.transaction_id,
    }
