"""Messages: what apps are told of a fact, in the words of a version."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

from rest_framework.renderers import JSONRenderer

from billing.events.models import Event
from invoices.delivery.catalogue.patterns import matches
from invoices.delivery.catalogue.told import FACTS, Told
from invoices.delivery.catalogue.types import TEST_TYPE, TYPES
from invoices.issuing.models import Invoice


@dataclass(frozen=True, slots=True)
class Message:
    """What apps are told of an event: the same, under the same id, whoever is told."""

    event: Event
    told: Told
    is_example: bool = False

    @property
    def id(self) -> str:
        """By which an app knows that it has got the message already."""
        return f"evt_{self.event.pk.hex}"

    @property
    def type(self) -> str:
        """The public type."""
        return self.told.type

    @property
    def invoice(self) -> Invoice | None:
        """The invoice that it is about, if any."""
        return self.told.invoice

    def concerns(self, customer_id: UUID | None, contract_id: UUID | None) -> bool:
        """Return whether it is of this customer and contract; None stands for all."""
        of_customer = customer_id is None or customer_id == self.told.customer_id
        return of_customer and (contract_id is None or contract_id == self.told.contract_id)

    def body(self, version: str) -> str:
        """Return it as JSON, in the words of a version."""
        return JSONRenderer().render(_SHAPES[version](self)).decode()


def message_of(event: Event) -> Message | None:
    """Return what apps are told of an event; None if it is no public one."""
    fact = FACTS.get(event.type)
    told = fact.tell(event) if fact else None
    return Message(event, told) if told else None


def public_types(event_type: str) -> tuple[str, ...]:
    """Return as which public types a fact of the log may be told; none if it isn't."""
    fact = FACTS.get(event_type)
    return fact.types if fact else ()


def facts_told_as(*asked: Collection[str]) -> list[str]:
    """Return which types of facts of the log may be told as what all of `asked` stand for."""
    return [
        name
        for name, fact in FACTS.items()
        if any(all(matches(names, each) for names in asked) for each in fact.types)
    ]


def trial_message(event: Event, public_type: str) -> Message:
    """Return a message that tries an endpoint: the example of a type, or a word of its own."""
    public = TYPES.get(public_type)
    shown = public.example if public else {"text": "This endpoint works."}
    return Message(
        event, Told(type=public_type if public else TEST_TYPE, shown=shown), is_example=True
    )


def _v1(message: Message) -> dict[str, Any]:
    event = message.event
    return {
        "id": message.id,
        "type": message.type,
        "api_version": "v1",
        "occurred_at": event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "seller": str(event.seller_id),
        "sequence": event.position,
        "transaction_id": str(event.transaction_id),
        "is_example": message.is_example,
        "data": {"object": message.told.shown},
    }


_SHAPES: Mapping[str, Callable[[Message], dict[str, Any]]] = {"v1": _v1}
