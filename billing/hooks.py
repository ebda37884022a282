"""
The only signal receivers of the code base: a new fact appends its event.

A new price has none of its own: the contracts that it reaches are due earlier.
"""

from django.db.models.signals import post_save, pre_save

from billing.catalog.models import Price
from billing.contracts.commands import bring_forward
from billing.contracts.events import subscription_changed
from billing.contracts.models import SubscriptionChange
from billing.events import log
from billing.orders.events import order_placed
from billing.orders.models import Order


def connect() -> None:
    """Connect the hooks; called once, when Django is ready."""
    for fact in (Order, SubscriptionChange):
        pre_save.connect(_require_transaction, fact, dispatch_uid=f"{fact.__name__} in transaction")
    post_save.connect(_append_order_placed, Order, dispatch_uid="order.placed")
    post_save.connect(
        _append_subscription_changed, SubscriptionChange, dispatch_uid="subscription.changed"
    )
    post_save.connect(_bring_contracts_forward, Price, dispatch_uid="price brings forward")


def _bring_contracts_forward(*, instance: Price, created: bool, raw: bool, **_: object) -> None:
    if created and not raw and instance.plan_id:
        bring_forward(instance)


def _require_transaction(**_: object) -> None:
    """Refuse a fact outside a transaction before it is stored: its event could not be appended."""
    log.require_transaction()


def _append_order_placed(*, instance: Order, created: bool, raw: bool, **_: object) -> None:
    if created and not raw:
        log.append([order_placed(instance)], at=instance.recorded_at)


def _append_subscription_changed(
    *, instance: SubscriptionChange, created: bool, raw: bool, **_: object
) -> None:
    if created and not raw:
        log.append([subscription_changed(instance)], at=instance.recorded_at)
