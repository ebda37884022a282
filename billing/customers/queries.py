"""Reads about customers: how their charges are collected."""

from datetime import date

from billing.customers.events import day_key
from billing.customers.models import Customer
from billing.events.queries import is_settled
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
    day = _first_collection(customer, on)
    while is_settled(customer.seller_id, day_key(customer.pk, day)):
        day = _first_collection(customer, day_after(day))
    return day


def _first_collection(customer: Customer, on: date) -> date:
    return invoice_day_from(customer, on) if customer.grouping == "monthly" else on
