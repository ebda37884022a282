"""The only signal receivers of the code base: a new fact appends its event."""

from django.db.models.signals import post_save, pre_save

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
