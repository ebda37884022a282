"""
The only signal receivers of the code base: a new fact appends its event.

A new price has none of its own: the contracts that it reaches are due earlier. Of staff who sign
in, and of whom that is refused, the log tells.
"""

import logging

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save, pre_save

from billing.catalog.models import Price
from billing.contracts.commands import bring_forward
from billing.contracts.events import subscription_changed
from billing.contracts.models import SubscriptionChange
from billing.events import log
from billing.happenings.lines import Action, Outcome, tell
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
