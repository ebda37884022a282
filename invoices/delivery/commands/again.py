"""What is sent to an endpoint because someone asks for it, be it sent before or not."""

from billing.pricing.refused import Refused
from invoices.delivery.catalogue import Message, matches
from invoices.delivery.commands.endpoints import EndpointNotEnabled
from invoices.delivery.commands.order import NewDelivery
from invoices.delivery.models import Delivery, WebhookEndpoint


class NotToldOf(Refused):
    """An endpoint isn't told of that: it asks for other types, or for another customer's."""


def told_to(
    endpoint: WebhookEndpoint,
    message: Message,
    *,
    former: Delivery | None = None,
    is_replay: bool = False,
) -> NewDelivery:
    """
    Return a delivery of a message, in the words of the endpoint's version.

    What was sent before goes as it was then, as long as it is kept.

    :raises EndpointNotEnabled: if the endpoint is told nothing.
    """
    if former and former.pruned_at is None:
        return as_it_was(endpoint, former, is_replay=is_replay)
    require_enabled(endpoint)
    return NewDelivery(
        channel="webhook",
        type=message.type,
        invoice=message.invoice,
        endpoint=endpoint,
        address=endpoint.url,
        body=message.body(endpoint.api_version),
        resends=former,
        is_extra=True,
        is_replay=is_replay,
        message_id=message.id,
    )


def as_it_was(
    endpoint: WebhookEndpoint, former: Delivery, *, is_replay: bool = False
) -> NewDelivery:
    """
    Return a delivery of the same body under the same id, so that the app knows it.

    :raises EndpointNotEnabled: if the endpoint is told nothing.
    """
    require_enabled(endpoint)
    return NewDelivery(
        channel="webhook",
        type=former.type,
        invoice=former.invoice,
        endpoint=endpoint,
        address=endpoint.url,
        body=former.body,
        resends=former,
        is_extra=True,
        is_replay=is_replay,
        message_id=former.message_id,
    )


def require_enabled(endpoint: WebhookEndpoint) -> None:
    """
    Do nothing for an endpoint that is enabled.

    :raises EndpointNotEnabled: else.
    """
    if endpoint.state != WebhookEndpoint.State.ENABLED:
        raise EndpointNotEnabled("The endpoint is told nothing: enable it first.")


def is_wanted(endpoint: WebhookEndpoint, message: Message) -> bool:
    """Return whether an endpoint asks for a message's type, and for whom it is of."""
    return matches(endpoint.event_types, message.type) and message.concerns(
        endpoint.customer_id, endpoint.contract_id
    )


def require_wanted(endpoint: WebhookEndpoint, message: Message) -> None:
    """
    Do nothing for a message that an endpoint asks for: a limit of it holds for who asks, too.

    :raises NotToldOf: else.
    """
    if not is_wanted(endpoint, message):
        raise NotToldOf(
            f"The endpoint isn't told of this {message.type}: it asks for other types, or only for"
            " what is of another customer or contract. Change the endpoint, or name another."
        )
