"""
The only signal receivers of the code base: a new fact appends its event.

A new price has none of its own: the contracts that it reaches are due earlier. And what may have
mended something makes the engine look soon whether failures have healed. Of staff who sign in, and
of whom that is refused, the log tells.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from uuid import UUID

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Model
from django.db.models.signals import post_save, pre_save
from django.utils import timezone

from billing.catalog.models import Meter, Price, TaxRate
from billing.contracts.commands import bring_forward
from billing.contracts.events import subscription_changed
from billing.contracts.models import SubscriptionChange
from billing.customers.models import Customer
from billing.events import log
from billing.events.commands import expect_healing
from billing.exchange.models import ExchangeRate, OwnExchangeRate
from billing.happenings.lines import Action, Outcome, tell
from billing.mending import Mend
from billing.orders.events import order_placed
from billing.orders.models import Order
from billing.sellers.models import Seller, SellerRegistration
from billing.vat.models import TaxOverride

# What each row may have mended. Those that are there before anything can lack them tell of changes.
_MENDED_BY: dict[type[Model], Callable[..., Iterable[Mend]]] = {
    Price: lambda price: [_owner(price)],
    Meter: lambda _: [Mend("meter")],
    TaxRate: lambda _: [Mend("tax_rate")],
    TaxOverride: lambda _: [Mend("tax_rate"), Mend("registration")],
    SellerRegistration: lambda _: [Mend("tax_rate"), Mend("registration")],
    ExchangeRate: lambda _: [Mend("own_rate")],
    OwnExchangeRate: lambda _: [Mend("own_rate")],
    Customer: lambda customer: [Mend("customer", str(customer.pk))],
    Seller: lambda seller: [Mend("seller", str(seller.pk))],
}
_CHANGED_LATER = (Customer, Seller)


def connect() -> None:
    """Connect the hooks; called once, when Django is ready."""
    for fact in (Order, SubscriptionChange):
        pre_save.connect(_require_transaction, fact, dispatch_uid=f"{fact.__name__} in transaction")
    post_save.connect(_append_order_placed, Order, dispatch_uid="order.placed")
    post_save.connect(
        _append_subscription_changed, SubscriptionChange, dispatch_uid="subscription.changed"
    )
    post_save.connect(_bring_contracts_forward, Price, dispatch_uid="price brings forward")
    for row in _MENDED_BY:
        post_save.connect(_expect_healing, row, dispatch_uid=f"{row.__name__} mends")
    user_logged_in.connect(_tell_signed_in, dispatch_uid="staff.signed_in")
    user_logged_out.connect(_tell_signed_out, dispatch_uid="staff.signed_out")
    user_login_failed.connect(_tell_refused, dispatch_uid="staff.sign_in_refused")


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


def _expect_healing(
    sender: type[Model], *, instance: Model, created: bool, raw: bool, **_: object
) -> None:
    if raw or created == (sender in _CHANGED_LATER):
        return
    for mend in _MENDED_BY[sender](instance):
        expect_healing(_sellers_of(instance), of=mend, at=timezone.now())


def _owner(price: Price) -> Mend:
    if price.plan_id:
        return Mend("plan", str(price.plan_id))
    return Mend("product", str(price.product_id))


def _sellers_of(row: Model) -> Collection[UUID]:
    """Return whose failures a row may have mended; of what all sellers share, everybody's."""
    if isinstance(row, Seller):
        return [row.pk]
    seller_id = getattr(row, "seller_id", None)
    return [seller_id] if seller_id else list(Seller.objects.values_list("pk", flat=True))


def _tell_signed_in(*, user: User, **_: object) -> None:
    tell(Action.STAFF_SIGNED_IN, f"User {user.pk} signed in", {"user.id": str(user.pk)})


def _tell_signed_out(*, user: User | None, **_: object) -> None:
    if user is not None:
        tell(Action.STAFF_SIGNED_OUT, f"User {user.pk} signed out", {"user.id": str(user.pk)})


def _tell_refused(*, credentials: dict[str, str], **_: object) -> None:
    """Tell whose password was tried, by its id; of names that nobody has nothing is told."""
    known = User.objects.filter(username=credentials.get("username", "")).first()
    tell(
        Action.STAFF_REFUSED,
        f"A sign-in as user {known.pk if known else 'nobody knows'} was refused",
        {"user.id": str(known.pk)} if known else {},
        outcome=Outcome.FAILURE,
        level=logging.WARNING,
    )
