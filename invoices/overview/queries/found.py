"""The search: rows by number, by a caller's id, by any id, and customers by their name."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import Model, QuerySet

from billing.contracts.models import Contract, Subscription
from billing.customers.models import Customer
from billing.events.models import Event, Failure
from billing.orders.models import Order
from invoices.delivery.models import Delivery
from invoices.documents.models import Document
from invoices.issuing.models import Charge, Hold, Invoice
from invoices.runs.models import BillingRun

SHOWN = 10
SHORTEST_NAME = 3  # A trigram.
LONGEST = 200
NAMES_TIMEOUT_MS = 2_000
QUERY_CANCELLED = "57014"  # PostgreSQL's code.

# What has an id that somebody may have at hand, as the search groups it.
BY_ID: tuple[type[Model], ...] = (
    Invoice, Customer, Contract, Subscription, Order, Event, Failure, Hold, Charge, Document,
    Delivery, BillingRun,
)  # fmt: skip
# By a name of their own, of which a seller has one each: served by its constraint.
BY_NAME: tuple[tuple[type[Model], str], ...] = (
    (Invoice, "number"),
    (Customer, "external_id"),
    (Contract, "external_id"),
    (Subscription, "external_id"),
    (Order, "external_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """
    What was found: rows by what they are, exact ones first; and a transaction, if it is one.

    `names_left_out`: so many customers have such a name that looking for them was given up.
    """

    groups: Sequence[tuple[type[Model], Sequence[Model]]]
    transaction_id: UUID | None = None
    names_left_out: bool = False


def found(
    text: str, *, seller_ids: Collection[UUID], models: Callable[[type[Model]], bool]
) -> Found:
    """
    Return what of some sellers bears a text as number or id, or customers with it in their name.

    Only of those `models` that are asked for. Each is a probe of an index, by any seller.
    """
    text = text.replace("\0", "").strip()[:LONGEST]
    sellers = list(seller_ids)
    if not text or not sellers:
        return Found(groups=())
    try:
        wanted = UUID(text)
    except ValueError:
        return _named(text, sellers, models)
    return _identified(wanted, sellers, models)


def _identified(
    wanted: UUID, sellers: Collection[UUID], models: Callable[[type[Model]], bool]
) -> Found:
    groups = []
    for model in filter(models, BY_ID):
        if rows := list(_of(model, sellers).filter(pk=wanted)):
            groups.append((model, rows))
    told = _of(Event, sellers).filter(transaction_id=wanted)
    is_story = models(Event) and told.exists()
    return Found(groups=groups, transaction_id=wanted if is_story else None)


def _named(text: str, sellers: Collection[UUID], models: Callable[[type[Model]], bool]) -> Found:
    groups: dict[type[Model], list[Model]] = {}
    for model, column in BY_NAME:
        if models(model) and (rows := list(_of(model, sellers).filter(**{column: text})[:SHOWN])):
            groups[model] = rows
    customers = _by_name(text, sellers) if models(Customer) else []
    if customers:
        exact = groups.get(Customer, [])
        groups[Customer] = [*exact, *(each for each in customers if each not in exact)]
    return Found(groups=list(groups.items()), names_left_out=customers is None)


def _by_name(text: str, sellers: Collection[UUID]) -> list[Customer] | None:
    """Return customers by a part of their name; None if looking for them takes too long."""
    if len(text) < SHORTEST_NAME:
        return []
    named = Customer.objects.filter(seller__in=sellers, name__icontains=text)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {NAMES_TIMEOUT_MS:d}")
            rows = list(named[:SHOWN])
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as cancelled:
        if getattr(cancelled.__cause__, "sqlstate", "") != QUERY_CANCELLED:
            raise
        return None
    return sorted(rows, key=lambda row: (not row.name.lower().startswith(text.lower()), row.name))


def _of(model: type[Model], sellers: Collection[UUID]) -> QuerySet[Model]:
    beside = {"seller", "customer"} & {field.name for field in model._meta.fields}
    return model._default_manager.select_related(*beside).filter(seller__in=sellers)
