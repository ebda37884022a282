"""Valid objects of each kind; a test states only what matters to it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from billing.catalog.commands import NewCoupon, create_coupon
from billing.catalog.models import Coupon, Meter, Plan, Price, Product
from billing.contracts.commands import (
    NewContract,
    NewSubscription,
    make_contract,
    start_subscription,
)
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.customers.models import Customer
from billing.events.causes import fingerprint
from billing.events.commands import complete
from billing.events.models import Event, FailureCause
from billing.events.tries import Try
from billing.exchange.commands import NewRate, record_own_rate
from billing.exchange.models import ExchangeRate, OwnExchangeRate
from billing.orders.commands import NewLine, References, place_order
from billing.orders.models import Order
from billing.sellers.commands import Rights, create_api_key, register_seller
from billing.sellers.models import ApiKey, Seller, SellerRegistration, TestClock
from billing.usage.commands import SentRecord
from billing.vat.commands import NewOverride, record_override
from billing.vat.models import TaxOverride, VatIdCheck
from invoices.balances.commands import NewMoney, state_movement
from invoices.balances.models import BalanceMovement
from invoices.delivery.catalogue import LATEST
from invoices.delivery.commands import (
    plan_deliveries,
    rotate_secret,
    set_mail_style,
    set_wish,
)
from invoices.delivery.commands.order import NewDelivery
from invoices.delivery.commands.order import order as order_deliveries
from invoices.delivery.models import Delivery, DeliveryAttempt, WebhookEndpoint
from invoices.documents.commands import add_template
from invoices.documents.commands.render import File, keep_files
from invoices.documents.models import Document, DocumentTemplate
from invoices.issuing.models import Invoice
from invoices.runs.models import BillingRun

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
TODAY = AT.date()
ONE_AMOUNT = {"flat": "amount", "per_unit": "unit_price"}  # What a price of the model needs.
_numbers = count(1)


def seller(*, clock: date | None = date(2026, 1, 1), **given: Any) -> Seller:
    """A German seller in test mode whose clock stands on 1 January 2026."""
    values: dict[str, Any] = {
        "name": f"Seller {next(_numbers)} GmbH",
        "street": "Torstraße 1",
        "postcode": "10119",
        "city": "Berlin",
        "country": "DE",
        "vat_id": "DE136695976",
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "locale": "de",
        "payment_days": 14,
        "invoice_number_format": "R{year}-{sequence:06d}",
        "credit_note_number_format": "G{year}-{sequence:06d}",
        "is_test": True,
        "makes_documents": False,
        "created_at": AT,
        **given,
    }
    made = Seller.objects.create(**values)
    if clock:
        TestClock.objects.create(seller=made, today=clock)
    return made


def api_key(of: Seller, *scopes: str, networks: tuple[str, ...] = (), **given: Any) -> str:
    """
    A key of the seller, as an app sends it; it may do all unless scopes are given.

    It was used just now, so that its first request in a test costs what each other does.
    """
    rights = Rights(scopes or ("*",), networks)
    row, key = create_api_key(seller=of, name="Test", rights=rights, at=AT)
    values = {"last_used_at": datetime.now(UTC), "last_used_ip": "127.0.0.1", **given}
    ApiKey.objects.filter(pk=row.pk).update(**values)
    return key


def customer(of: Seller, **given: Any) -> Customer:
    """A German business."""
    values: dict[str, Any] = {
        "name": f"Customer {next(_numbers)}",
        "kind": "business",
        "street": "Lindenstraße 5",
        "postcode": "10969",
        "city": "Berlin",
        "country": "DE",
        "locale": "de",
        "created_at": AT,
        **given,
    }
    return Customer.objects.create(seller=of, **values)


def product(of: Seller, **given: Any) -> Product:
    """A product without prices."""
    number = next(_numbers)
    values: dict[str, Any] = {"code": f"product-{number}", "name": "Product", **given}
    return Product.objects.create(seller=of, created_at=AT, **values)


def plan(of: Seller, *, price: dict[str, Any] | None = None, **given: Any) -> Plan:
    """A monthly plan with one price of 30.00 in advance; `price` changes or adds to it."""
    values: dict[str, Any] = {
        "code": f"plan-{next(_numbers)}",
        "name": "Plan",
        "interval": "month",
        "interval_count": 1,
        "alignment": "anniversary",
        **given,
    }
    values.setdefault("product", None)
    values["product"] = values["product"] or product(of)
    made = Plan.objects.create(seller=of, created_at=AT, **values)
    price_of(made, **(price or {}))
    return made


def price_of(plan: Plan | None = None, *, of: Product | None = None, **given: Any) -> Price:
    """A price of 30.00 EUR at the standard rate: recurring for a plan, once for a product."""
    owner = plan or of
    assert owner is not None
    values: dict[str, Any] = {
        "code": "base",
        "text": "Base fee",
        "kind": "recurring" if plan else "once",
        "timing": "arrears" if given.get("kind") == "usage" else "advance",
        "model": "per_unit",
        "currency": "EUR",
        "tax_class": "standard",
        "tax_included": False,
        "proration": "daily",
        "valid_from": date(2020, 1, 1),
        "created_at": AT,
        **given,
    }
    if values["model"] in ("flat", "per_unit"):
        values.setdefault(ONE_AMOUNT[values["model"]], Decimal("30.00"))
    values.setdefault("recorded_on", values["created_at"].date())
    return Price.objects.create(seller=owner.seller, plan=plan, product=of, **values)


def coupon(of: Seller, **given: Any) -> Coupon:
    """A coupon WELCOME for half the price of the first period."""
    values: dict[str, Any] = {"code": "WELCOME", "percent": Decimal(50), "periods": 1, **given}
    return create_coupon(seller=of, new=NewCoupon(**values), at=AT)


def money(of: Customer, amount_minor: int = 100_00, **given: Any) -> BalanceMovement:
    """A prepayment of 100.00 euros."""
    values: dict[str, Any] = {"currency": "EUR", "reason": "Paid in", **given}
    values.setdefault("kind", BalanceMovement.Kind.PREPAYMENT)
    new = NewMoney(amount_minor=amount_minor, **values)
    made = state_movement(customer=of, new=new, at=AT)[0]
    tell_of(of.seller, "balance.changed")
    return made


def tell_of(seller: Seller, event_type: str) -> None:
    """Have events of a type told to the seller's apps, as a worker would."""
    for event in Event.objects.filter(seller=seller, state="waiting", type=event_type):
        plan_deliveries(event_id=event.pk, at=AT, worker="test")


def template(of: Seller, **given: Any) -> DocumentTemplate:
    """A template of the house's look."""
    values: dict[str, Any] = {
        "face": "Inter",
        "accent_colour": "#1f4e79",
        "text_colour": "#1d2329",
        "muted_colour": "#5d6771",
        "columns": ["position", "quantity", "unit_price", "net"],
        **given,
    }
    return add_template(seller=of, details=values, at=AT)


def failure_cause(of: Seller, **given: Any) -> FailureCause:
    """A defect's cause, as yet of no failure."""
    values: dict[str, Any] = {
        "fingerprint": fingerprint(code="defect", place="test", reason=str(next(_numbers))),
        "code": "defect",
        "first_seen_at": AT,
        **given,
    }
    return FailureCause.objects.create(seller=of, **values)


def billing_run(of: Seller, **given: Any) -> BillingRun:
    """A run of the first day of three contracts, of which one failed."""
    values: dict[str, Any] = {
        "kind": "periods",
        "day": TODAY,
        "started_at": AT,
        "total": 3,
        "is_appending": False,
        "read_at": AT,
        "done": 2,
        "failed": 1,
        "counted_at": AT,
        "finished_at": AT,
        **given,
    }
    return BillingRun.objects.create(seller=of, **values)


def document(
    of: Invoice,
    content: bytes = b"%PDF-1.7 of a test",
    *,
    kind: str = "pdf",
    profile: str = "pdf",
) -> Document:
    """A file of an invoice, a PDF alone, that is stored as it would be, whatever it holds."""
    kept = keep_files(of, [File(kind, profile, content)], None, at=AT)
    Document.objects.bulk_create(kept)
    return kept[0]


def endpoint(of: Seller, *, url: str = "https://app.example/", **given: Any) -> WebhookEndpoint:
    """An endpoint that is told of all, written past the command that looks where it leads."""
    words = {"event_types": ["*"], "api_version": LATEST}
    values: dict[str, Any] = {**words, "created_at": AT, **given}
    made = WebhookEndpoint.objects.create(seller=of, url=url, **values)
    rotate_secret(endpoint=made, at=AT)
    return made


def delivery(of: Invoice, *, address: str = "alice@customer.example") -> Delivery:
    """An e-mail that was given up, with its try, its link, and the customer's wish for it."""
    set_wish(customer=of.customer, details={"emails": [address]})
    set_mail_style(seller=of.seller, details={"sender": address})
    new = NewDelivery(channel="email", type="invoice.issued", invoice=of, address=address)
    with transaction.atomic():
        (made,) = order_deliveries(of.event, [new], at=AT)
    refuse = {"state": "given_up", "settled_at": AT, "tries": 1, "earlier_tries": 1}
    Delivery.objects.filter(pk=made.pk).update(**refuse)
    DeliveryAttempt.objects.create(
        seller=of.seller, delivery=made, number=1, worker="w", started_at=AT, ended_at=AT,
        outcome="refused", status=550, answer="No such user",
    )  # fmt: skip
    asked = Event.objects.get(stream_id=made.pk)
    tried = Try(task="delivery.deliver", worker="w", started_at=AT, ended_at=AT)
    with transaction.atomic():
        complete(asked, tried=tried)
    made.refresh_from_db()
    return made


def meter(of: Seller, **given: Any) -> Meter:
    """A meter that sums the values of its records."""
    values: dict[str, Any] = {
        "code": f"meter-{next(_numbers)}",
        "name": "Calls",
        "aggregation": "sum",
        "carried": False,
        "created_at": AT,
        **given,
    }
    return Meter.objects.create(seller=of, **values)


def contract(of: Customer, **given: Any) -> Contract:
    """A contract in euros."""
    return make_contract(customer=of, new=NewContract(**{"currency": "EUR", **given}), at=AT)


def subscription(of: Contract, plan: Plan, **given: Any) -> Subscription:
    """A subscription to one unit of the plan from the seller's today."""
    values: dict[str, Any] = {"plan": plan, "quantity": Decimal(1), **given}
    return start_subscription(contract=of, new=NewSubscription(**values), at=AT)


def unpriced_subscription(of: Contract, plan: Plan, **given: Any) -> Subscription:
    """A subscription to a plan without a price for it: written past the command that refuses it."""
    made = Subscription.objects.create(
        seller=of.seller, contract=of, external_id=given.pop("external_id", None), created_at=AT
    )
    fact(made, kind="start", **{"plan": plan, "quantity": Decimal(1), **given})
    return made


def fact(of: Subscription, **given: Any) -> SubscriptionChange:
    """A change of a subscription on the first day, written past the command that checks it."""
    values: dict[str, Any] = {
        "effective_on": AT.date(),
        "recorded_on": AT.date(),
        "recorded_at": AT,
        **given,
    }
    return SubscriptionChange.objects.create(seller=of.seller, subscription=of, **values)


def order(of: Customer, *lines: NewLine, **given: Any) -> Order:
    """An order of today; without lines, of one thing for 99.00 net at the standard rate."""
    values: dict[str, Any] = {
        "currency": "EUR",
        "ordered_on": None,
        "at": AT,
        **given,
    }
    names = ("external_id", "purchase_order", "project_reference")
    numbers = {name: values.pop(name) for name in names if name in values}
    values["references"] = References(**numbers)
    return place_order(customer=of, lines=lines or [line()], **values)


def line(**given: Any) -> NewLine:
    """A line of one training for 99.00 net at the standard rate."""
    values: dict[str, Any] = {
        "text": "Training",
        "quantity": Decimal(1),
        "unit_price": Decimal("99.00"),
        "tax_class": "standard",
        **given,
    }
    return NewLine(**values)


def exchange_rate(
    currency: str = "USD", rate: str = "1.0823", day: date = TODAY, **given: Any
) -> ExchangeRate:
    """That the ECB has published a rate for 1 January 2026."""
    values: dict[str, Any] = {"rate": Decimal(rate), "base": "EUR", "source": "ECB", **given}
    key = {"currency": currency, "day": day, "period": values.pop("period", "day")}
    defaults = {**values, "created_at": AT}
    return ExchangeRate.objects.get_or_create(**key, defaults=defaults)[0]


def own_rate(
    of: Seller, currency: str = "USD", rate: str = "1.1000", **given: Any
) -> OwnExchangeRate:
    """A seller's own rate for 1 January 2026."""
    values: dict[str, Any] = {"day": AT.date(), "source": "Hausbank AG", **given}
    new = NewRate(currency=currency, rate=Decimal(rate), **values)
    return record_own_rate(seller=of, new=new, by="clerk", at=AT)


def override(of: Seller, **given: Any) -> TaxOverride:
    """A decision that everything is exempt from 2020 on."""
    values: dict[str, Any] = {
        "category": "E",
        "exemption_text": "Steuerfrei nach § 4 Nr. 8 Buchst. a UStG",
        "reason": "Ruling of the tax office",
        "valid_from": date(2020, 1, 1),
        **given,
    }
    return record_override(seller=of, new=NewOverride(**values), by="clerk", at=AT)


def registration(of: Seller, **given: Any) -> SellerRegistration:
    """That the seller is registered for VAT in France from 2020 on."""
    values: dict[str, Any] = {
        "country": "FR",
        "vat_id": "FR40303265045",
        "valid_from": date(2020, 1, 1),
        **given,
    }
    return register_seller(seller=of, **values, at=AT)


def vat_id_check(of: Customer, **given: Any) -> VatIdCheck:
    """That VIES has confirmed the customer's VAT id."""
    values: dict[str, Any] = {
        "vat_id": of.vat_id or "FR40303265045",
        "outcome": "valid",
        "answer": {"valid": True},
        "checked_at": AT,
        **given,
    }
    return VatIdCheck.objects.create(seller=of.seller, customer=of, **values)


def usage(**given: Any) -> SentRecord:
    """One unit of meter `calls`, used by subscription S1 at noon of 1 January 2026 in UTC."""
    values: dict[str, Any] = {
        "meter": "calls",
        "subscription": "ext:S1",
        "key": f"u-{next(_numbers)}",
        "at": datetime(2026, 1, 1, 12, 0, tzinfo=UTC),
        "value": Decimal(1),
        "amount": None,
        "properties": {},
        **given,
    }
    return SentRecord(**values)
