"""A seller with a row of each kind, every name of which holds the seller's mark."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission, User
from django.db.models import Model

from billing.catalog.models import Coupon, Meter, Plan, Price, Product
from billing.contracts.models import Contract, Subscription
from billing.customers.models import Customer
from billing.events.models import Event, Failure, FailureCause
from billing.exchange.models import OwnExchangeRate
from billing.orders.models import Order
from billing.sellers.models import ApiKey, Membership, Seller, SellerRegistration
from billing.staff.commands import deed_on, record
from billing.staff.models import StaffAction
from billing.staff.origins import Actor, Origin
from billing.usage.commands import record_usage
from billing.usage.models import UnattributedUsage, UsageBucket
from billing.vat.models import TaxOverride, VatIdCheck
from invoices.balances.models import BalanceMovement
from invoices.delivery.models import Delivery, DownloadLink, WebhookEndpoint
from invoices.issuing.commands.approving import NewRule, state_rule
from invoices.issuing.models import Charge, Hold, HoldRule, Invoice
from invoices.reports.models import AccountOverride, Bookkeeping, DebtorAccount
from invoices.runs.models import BillingRun
from tests import factories
from tests.handling import handle


@dataclass(frozen=True)
class House:
    mark: str
    seller: Seller
    customer: Customer
    product: Product
    meter: Meter
    plan: Plan
    price: Price
    contract: Contract
    subscription: Subscription
    order: Order
    failure: Failure

    @property
    def order_event(self) -> Event:
        return Event.objects.get(idempotency_key=f"order.placed:{self.order.id}")

    def row(self, model: type[Model]) -> Any:
        """The seller's row of a model, whichever; None if the model has no seller."""
        # The order that is held has a failure and its cause too, on no list.
        own = {Seller: self.seller, Failure: self.failure, FailureCause: self.failure.cause}
        if model in own:
            return own[model]
        if not any(field.name == "seller" for field in model._meta.fields):
            return None
        return model._default_manager.filter(seller=self.seller).order_by("pk").first()

    def ids(self) -> set[str]:
        """The ids of all rows of the seller that the admin shows."""
        found = {str(self.seller.pk)}
        for model in (Customer, Product, Meter, Plan, Price, Contract, Subscription, Order, Event,
                      Coupon, Failure, FailureCause, ApiKey, Invoice, Charge, BalanceMovement,
                      UsageBucket, Delivery, DownloadLink, WebhookEndpoint,
                      UnattributedUsage, BillingRun, TaxOverride, OwnExchangeRate,
                      SellerRegistration, StaffAction, VatIdCheck, Hold, HoldRule):  # fmt: skip
            rows = model._default_manager.filter(seller=self.seller)
            found |= {str(pk) for pk in rows.values_list("pk", flat=True)}
        return found


def house(mark: str) -> House:
    """A seller that has billed an order and a subscription, and failed to bill another."""
    seller = factories.seller(name=f"{mark} GmbH", street=f"{mark}straße 1", email=f"{mark}@x.de")
    factories.api_key(seller)
    customer = factories.customer(seller, name=f"{mark} customer", external_id=f"{mark}-c")
    product = factories.product(seller, code=f"{mark}-product", name=f"{mark} product")
    plan = factories.plan(
        seller,
        product=product,
        code=f"{mark}-plan",
        name=f"{mark} plan",
        price={"code": f"{mark}-fee", "text": f"{mark} fee"},
    )
    meter = factories.meter(seller, code=f"{mark}-meter", name=f"{mark} calls")
    contract = factories.contract(customer, external_id=f"{mark}-contract")
    factories.coupon(seller, code=f"{mark}-coupon")
    subscription = factories.subscription(contract, plan, external_id=f"{mark}-sub")
    factories.money(customer, 1_00, reason=f"{mark} money")
    factories.override(seller, reason=f"{mark} reason", valid_from=date(2026, 6, 1))
    factories.registration(seller)
    factories.exchange_rate()
    factories.own_rate(seller, source=f"{mark} bank")
    factories.vat_id_check(customer, name=f"{mark} name")
    _order_too_much(customer, mark)
    order = factories.order(
        customer, factories.line(text=f"{mark} training"), external_id=f"{mark}-order"
    )
    unpriced = factories.contract(customer, currency="USD", external_id=f"{mark}-usd")
    factories.unpriced_subscription(
        unpriced, plan, external_id=f"{mark}-sub-usd", quantity=Decimal(2)
    )
    for event in Event.objects.filter(seller=seller, state="waiting").order_by("position"):
        handle(event, at=factories.AT, worker=f"{mark}-worker")
    factories.endpoint(seller, url=f"https://{mark}.example/")
    factories.delivery(Invoice.objects.filter(seller=seller)[0], address=f"{mark}@x.de")
    factories.document(Invoice.objects.filter(seller=seller)[0])
    factories.template(seller, texts={"de": {"intro": f"{mark} intro"}})
    _keep_books(seller, customer, mark)
    sent = {"subscription": f"ext:{mark}-sub", "key": f"{mark}-key"}
    meters = (f"{mark}-meter", f"{mark}-unknown")
    records = [factories.usage(**sent, meter=code) for code in meters]
    record_usage(seller=seller, records=records, at=factories.AT)
    return House(
        mark, seller, customer, product, meter, plan, plan.prices.get(), contract, subscription,
        order, Failure.objects.get(seller=seller, code="price_missing"),
    )  # fmt: skip


def _order_too_much(customer: Customer, mark: str) -> None:
    """Have an order held for approval."""
    new = NewRule(kind="amount", limit_minor=10_000_00, currency="EUR")
    state_rule(seller=customer.seller, new=new, by=f"{mark}-boss", at=factories.AT)
    line = factories.line(text=f"{mark} house", unit_price=Decimal("250000.00"))
    factories.order(customer, line, external_id=f"{mark}-held")


def _act(customer: Customer, mark: str) -> None:
    clerk = Actor(user_id=None, name=f"{mark} clerk", origin=Origin())
    record([deed_on(customer, action="change", what=f"{mark} what")], by=clerk, at=factories.AT)


def _keep_books(seller: Seller, customer: Customer, mark: str) -> None:
    factories.billing_run(seller)
    _act(customer, mark)
    Bookkeeping.objects.create(seller=seller, consultant_number=29098, client_number=55003)
    DebtorAccount.objects.create(
        seller=seller, customer=customer, number=10001, created_at=factories.AT
    )
    AccountOverride.objects.create(
        seller=seller,
        purpose="revenue",
        account="8401",
        reason=f"{mark} reason",
        valid_from=factories.AT.date(),
        created_at=factories.AT,
    )


def staff(*sellers: Seller, name: str = "ada", superuser: bool = False) -> User:
    """A user who may do all that ordinary permissions allow, for the sellers."""
    user = User.objects.create_user(name, is_staff=True, is_superuser=superuser)
    user.user_permissions.set(Permission.objects.all())
    for seller in sellers:
        Membership.objects.create(seller=seller, user=user)
    return user


def unknown_id(model: type[Model]) -> str:
    """An id that no row has."""
    is_uuid = isinstance(model._meta.pk.to_python("0" * 32), UUID) if _has_uuid(model) else False
    return "01890000-0000-7000-8000-000000000000" if is_uuid else "999999999"


def _has_uuid(model: type[Model]) -> bool:
    pk: Any = model._meta.pk
    target = pk.target_field if pk.is_relation else pk
    return target.get_internal_type() == "UUIDField"
