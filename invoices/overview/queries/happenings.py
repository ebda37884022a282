"""The latest happenings: of a customer, and of a contract's subscriptions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_noop

from billing.contracts.events import SUBSCRIPTION_CHANGED
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.customers.models import Customer
from billing.orders.models import Order
from billing.sellers.admin.told import transaction_told_by
from invoices.balances.models import BalanceMovement
from invoices.issuing.models import Hold, Invoice

SHOWN = 15
CHANGES_SHOWN = 50
SUBSCRIPTIONS_READ = 200  # Of so many, the latest, changes are looked for.


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to `row`; None as transaction: its row's page tells the rest."""

    at: datetime
    kind: str
    row: Model
    transaction_id: UUID | None = None


def happenings(customer: Customer) -> list[Happening]:
    """Return the latest happenings of a customer, the latest first: some of each kind, by index."""
    found: list[Happening] = [
        *_latest(
            Order.objects.filter(customer=customer),
            gettext_noop("ordered"),
            lambda row: row.recorded_at,
        ),
        *_latest(
            Invoice.objects.filter(customer=customer),
            gettext_noop("was issued"),
            lambda row: row.issued_at,
        ),
        *_latest(
            BalanceMovement.objects.filter(customer=customer),
            gettext_noop("balance"),
            lambda row: row.created_at,
        ),
        *_latest(
            Hold.objects.filter(customer=customer),
            gettext_noop("held for approval"),
            lambda row: row.opened_at,
        ),
    ]
    latest = Subscription.objects.filter(contract__customer=customer).order_by("-pk")
    found += _changes(latest, most=SHOWN)
    return sorted(found, key=lambda each: each.at, reverse=True)[:SHOWN]


def changes(contract: Contract) -> list[Happening]:
    """Return the latest changes of a contract's subscriptions, the latest first."""
    return _changes(contract.subscriptions.order_by("-pk"), most=CHANGES_SHOWN)


def _changes(subscriptions: QuerySet[Subscription], *, most: int) -> list[Happening]:
    ids = [row.pk for row in subscriptions[:SUBSCRIPTIONS_READ]]
    mine = SubscriptionChange.objects.filter(subscription__in=ids)
    told = mine.annotate(told_id=transaction_told_by(SUBSCRIPTION_CHANGED))
    rows = told.select_related("subscription", "plan").order_by("-position")[:most]
    return [
        Happening(at=row.recorded_at, kind="change", row=row, transaction_id=row.told_id)
        for row in rows
    ]


def _latest(rows: QuerySet[Any], kind: str, at: Callable[[Any], datetime]) -> list[Happening]:
    return [
        Happening(
            at=at(row), kind=kind, row=row, transaction_id=getattr(row, "transaction_id", None)
        )
        for row in rows.select_related("customer").order_by("-pk")[:SHOWN]
    ]
