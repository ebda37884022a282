"""Each route of the API, from the URL configuration; and a seller that has one of everything."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver

from billing.api.callers.access import OPEN
from billing.events.models import Event
from billing.sellers.models import Seller
from config.urls import api
from invoices.credit_notes.commands import order_correction
from invoices.credit_notes.queries.wanted import Wanted
from invoices.delivery.commands import make_link
from invoices.issuing.models import Invoice
from tests import factories
from tests.handling import bill_all, handle

LATER = datetime(2099, 1, 1, tzinfo=UTC)
WRITES = ("POST", "PATCH", "PUT", "DELETE")


def views(patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, Any]]:
    """Yield each route with its view."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns)
        elif str(pattern.pattern) not in OPEN:
            yield str(pattern.pattern), pattern.callback.view_class  # type: ignore[attr-defined]


VIEWS = dict(views(api))
ROUTES = [
    (route, method)
    for route, view in VIEWS.items()
    for method in ("GET", *WRITES)
    if hasattr(view, method.lower())
]
WITH_ID = [(route, method) for route, method in ROUTES if "<" in route]
WITHOUT_ID = [(route, method) for route, method in ROUTES if "<" not in route]


def make_house() -> Seller:
    """A seller that has one of everything."""
    seller = factories.seller(name="Secret House GmbH")
    customer = factories.customer(seller, external_id="A1", name="Secret Customer")
    product = factories.product(seller, code="mug", name="Secret Product")
    plan = factories.plan(seller, code="pro", name="Secret Plan")
    factories.meter(seller, code="calls", name="Secret Meter")
    contract = factories.contract(customer, external_id="C1")
    factories.coupon(seller, code="SECRET")
    factories.subscription(contract, plan, external_id="S1", coupon="SECRET")
    factories.money(customer, reason="Secret money")
    later = {"valid_from": date(2026, 6, 1)}  # So that it decides nothing yet.
    factories.override(seller, reason="Secret override", **later)
    factories.registration(seller)
    factories.own_rate(seller, source="Secret bank")
    factories.vat_id_check(customer, name="Secret name")
    factories.order(customer, factories.line(text="Secret Line"), external_id="O1")
    unpriced = factories.line(product=product, unit_price=None, tax_class="")
    factories.order(customer, unpriced, external_id="O2")
    bill_all(seller)
    invoice = Invoice.objects.filter(seller=seller)[0]
    factories.document(invoice)
    factories.endpoint(seller, url="https://secret.example/Secret")
    factories.delivery(invoice, address="secret@secret.example")
    factories.billing_run(seller)
    make_link(invoice=invoice, expires_at=LATER, at=factories.AT)
    factories.api_key(seller)
    wanted = Wanted(reason="Secret reason")
    order_correction(invoice_id=invoice.pk, wanted=wanted, by="Secret", at=factories.AT)
    handle(Event.objects.get(seller=seller, type="correction.ordered"), at=factories.AT)
    return seller


def names_of(seller: Seller, *, of_each: int | None = None) -> list[str]:
    """Everything by which something of a seller can be named; `of_each` kind so many things."""
    names: list[str] = []
    for model in owned():
        for row in model._default_manager.filter(seller=seller)[:of_each]:
            names.append(str(row.pk))
            names += [f"ext:{row.external_id}"] if getattr(row, "external_id", None) else []
            names += [f"code:{row.code}"] if hasattr(row, "code") else []
    names += [str(event.transaction_id) for event in seller.events.all()[:of_each]]
    return names + list(Invoice.objects.filter(seller=seller).values_list("number", flat=True))


def owned() -> list[type[Model]]:
    """The tables whose rows belong to a seller."""
    return [
        model
        for model in apps.get_models()
        if any(field.name == "seller" for field in model._meta.fields)
    ]


def rows_of(seller: Seller) -> list[Any]:
    """All that a seller has, to compare."""
    rows = [model._default_manager.filter(seller=seller).values() for model in owned()]
    return [sorted(map(str, each)) for each in rows]
