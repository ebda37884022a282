"""Reads about customers: how their charges are collected."""

from collections.abc import Sequence
from datetime import date

from billing.customers.events import day_key
from billing.customers.models import Customer
from billing.events.queries import Days, first_open
from billing.periods import day_after, month_day_after


def collects(customer: Customer) -> bool:
    """Return whether a customer's charges wait for an invoice of the day, or of the month."""
    return customer.grouping != "per_event"


def is_collected_on(customer: Customer, day: date) -> bool:
    """Return whether what waits for a customer becomes an invoice at the end of a day."""
    return customer.grouping != "monthly" or invoice_day_from(customer, day) == day


def invoice_day_from(customer: Customer, day: date) -> date:
    """Return the first day of a monthly invoice, the day itself included."""
    return month_day_after(day, customer.invoice_day)


def collection_day(customer: Customer, *, on: date) -> date:
    """
    Return the day at whose end what waits since a day is collected.

    A day that is closed already for the customer is passed over.
    """
    return collection_days([(customer, on)])[0]


def collection_days(wanted: Sequence[tuple[Customer, date]]) -> list[date]:
    """Return what `collection_day` does of each of these customers of one seller."""
    asked = [_collections_from(customer, on) for customer, on in wanted]
    return first_open(wanted[0][0].seller_id, asked) if wanted else []


def _collections_from(customer: Customer, on: date) -> Days:
    return Days(
        first=_first_collection(customer, on),
        following=lambda day: _first_collection(customer, day_after(day)),
        closed_by=lambda day: [day_key(customer.pk, day)],
    )


def _first_collection(customer: Customer, on: date) -> date:
    return invoice_day_from(customer, on) if customer.grouping == "monthly" else on
