"""Whom events concern."""

from collections.abc import Iterable
from uuid import UUID

from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.events.models import Event
from billing.orders.models import Order
from invoices.delivery.models import Delivery
from invoices.issuing.models import Invoice


def customers_of(events: Iterable[Event]) -> dict[UUID, Customer]:
    """
    Return the customers that events concern, by the events' ids.

    Some concern none: those of a seller's meters or webhook endpoints. As many statements for many
    as for one.
    """
    told = list(events)
    streams = {event.stream_id for event in told}
    owners: dict[UUID, UUID] = {stream: stream for stream in streams}  # Streams of customers.
    for model, path in (
        (Contract, "customer_id"),
        (Order, "customer_id"),
        (Invoice, "customer_id"),
        (Delivery, "invoice__customer_id"),
    ):
        found = model._default_manager.filter(pk__in=streams).values_list("pk", path)
        owners.update({pk: owner for pk, owner in found if owner})
    customers = Customer.objects.in_bulk(set(owners.values()))
    return {
        event.pk: customers[owners[event.stream_id]]
        for event in told
        if owners[event.stream_id] in customers
    }
