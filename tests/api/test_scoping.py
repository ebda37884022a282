"""
Sellers never meet: what belongs to one is, to every other, as if it weren't there.

The routes are read from the URL configuration, so that a new one is covered by itself.
"""

from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import Model
from django.urls import URLPattern, URLResolver
from pytest_django import DjangoDbBlocker

from billing.events.models import Event
from billing.sellers.commands import revoke_api_key
from billing.sellers.models import ApiKey, Seller
from config.urls import api
from invoices.credit_notes.commands import order_correction
from invoices.credit_notes.queries.wanted import Wanted
from invoices.documents.models import Document
from invoices.issuing.models import Invoice
from tests import factories
from tests.api.conftest import UNKNOWN, App, bill_all
from tests.handling import handle

OPEN = {"openapi.json", "docs"}
WRITES = ("POST", "PATCH", "PUT", "DELETE")


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, str]]:
    """Yield each route with each of its methods."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        elif str(pattern.pattern) not in OPEN:
            view = pattern.callback.view_class  # type: ignore[attr-defined]
            for method in ("GET", *WRITES):
                if hasattr(view, method.lower()):
                    yield str(pattern.pattern), method


ROUTES = list(routes(api))
WITH_ID = [(route, method) for route, method in ROUTES if "<" in route]
WITHOUT_ID = [(route, method) for route, method in ROUTES if "<" not in route]


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Seller]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield _house()
        transaction.set_rollback(True)


@pytest.fixture
def house(built: Seller, db: None) -> Seller:
    """A seller that has one of everything; what a test writes besides is rolled back."""
    return deepcopy(built)


def _house() -> Seller:
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
    wanted = Wanted(reason="Secret reason")
    order_correction(invoice_id=invoice.pk, wanted=wanted, by="Secret", at=factories.AT)
    handle(Event.objects.get(seller=seller, type="correction.ordered"), at=factories.AT)
    return seller


@pytest.fixture
def stranger(db: None) -> App:
    """An app of another seller."""
    return App(factories.api_key(factories.seller()))


def names_of(seller: Seller) -> list[str]:
    """Everything by which something of a seller can be named."""
    names: list[str] = []
    for model in owned():
        for row in model._default_manager.filter(seller=seller):
            names.append(str(row.pk))
            names += [f"ext:{row.external_id}"] if getattr(row, "external_id", None) else []
            names += [f"code:{row.code}"] if hasattr(row, "code") else []
    names += [str(event.transaction_id) for event in seller.events.all()]
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


def address(route: str, name: str) -> str:
    head, bracket, rest = route.partition("<")
    if not bracket:
        return f"/{route}"
    rest = rest.partition(">")[2]
    if "<" in rest:  # A document of the house, the only one there is.
        rest = f"{rest.partition('<')[0]}{Document.objects.get().pk}"
    return f"/{head}{name}{rest}"


class TestNobody:
    @pytest.mark.parametrize(("route", "method"), ROUTES)
    def test_without_a_valid_key_there_is_nothing(
        self, house: Seller, route: str, method: str
    ) -> None:
        revoked = App(factories.api_key(house))
        revoke_api_key(api_key=ApiKey.objects.get(seller=house), at=factories.AT)
        before = rows_of(house)

        for name in [*names_of(house)[:5], UNKNOWN]:
            for app in (App(None), revoked):
                answer = app.send(method, address(route, name), "{}")
                assert (answer.status, answer.body["errors"]) == (401, [])

        assert rows_of(house) == before


class TestStranger:
    @pytest.mark.parametrize(("route", "method"), WITH_ID)
    def test_what_is_another_seller_s_is_as_if_it_were_not_there(
        self, house: Seller, stranger: App, route: str, method: str
    ) -> None:
        before = rows_of(house)
        unknown = stranger.send(method, address(route, UNKNOWN), "{}")
        names = names_of(house)
        assert len(names) > 30

        for name in names:
            answer = stranger.send(method, address(route, name), "{}")

            assert answer.status == 404
            assert answer.without_request_id == unknown.without_request_id
            assert {name: value for name, value in answer.headers.items() if "ID" not in name} == {
                name: value for name, value in unknown.headers.items() if "ID" not in name
            }
        assert rows_of(house) == before

    @pytest.mark.parametrize(("route", "method"), WITH_ID)
    def test_to_its_own_seller_it_is_there(self, house: Seller, route: str, method: str) -> None:
        """Else the test above would prove nothing."""
        app = App(factories.api_key(house))

        answers = (app.send(method, address(route, name), "{}") for name in names_of(house))

        assert any(answer.status not in {401, 404} for answer in answers)

    @pytest.mark.parametrize(("route", "method"), WITHOUT_ID)
    def test_lists_and_creations_show_nothing_of_another_seller(
        self, house: Seller, stranger: App, route: str, method: str
    ) -> None:
        before = rows_of(house)

        answer = stranger.send(method, f"/{route}", "{}")

        text = answer.content.decode()
        assert "Secret" not in text
        assert not [name for name in names_of(house) if len(name) > 20 and name in text]
        assert rows_of(house) == before


LINE = {"text": "x", "quantity": "1", "unit_price": "1", "tax_class": "standard"}
# Every field of a body or query that names a row: route, body around it, path of the field.
EXEMPT = {"category": "E", "exemption_text": "x", "reason": "x"}
REFERENCES: list[tuple[str, dict[str, Any], str]] = [
    ("tax-overrides", EXEMPT, "customer"),
    ("tax-overrides", EXEMPT, "product"),
    ("contracts", {}, "customer"),
    ("subscriptions", {"plan": "code:mine"}, "contract"),
    ("subscriptions", {"contract": "ext:mine"}, "plan"),
    ("subscriptions/ext:mine/changes", {"kind": "change_plan"}, "plan"),
    ("coupons", {"code": "x", "percent": "5"}, "plans.0"),
    ("orders", {"lines": [LINE]}, "customer"),
    ("orders", {"customer": "ext:mine"}, "lines.0.product"),
    ("plans", {"code": "x", "name": "x", "interval": "month"}, "product"),
    ("prices", {"code": "x", "unit_price": "1", "tax_class": "standard"}, "plan"),
    ("prices", {"code": "x", "unit_price": "1", "tax_class": "standard"}, "product"),
    ("prices", {"code": "x", "unit_price": "1", "tax_class": "zero", "plan": "code:mine"}, "meter"),
    (
        "plans",
        {
            "code": "x",
            "name": "x",
            "interval": "month",
            "product": "code:mine",
            "prices": [{"code": "x", "unit_price": "1", "tax_class": "zero"}],
        },
        "prices.0.meter",
    ),
]


class TestReferences:
    @pytest.fixture
    def mine(self, db: None) -> App:
        """A seller with rows of its own, to refer to beside those of the other."""
        seller = factories.seller()
        customer = factories.customer(seller, external_id="mine")
        contract = factories.contract(customer, external_id="mine")
        plan = factories.plan(seller, code="mine", product=factories.product(seller, code="mine"))
        factories.subscription(contract, plan, external_id="mine")
        factories.meter(seller, code="mine")
        return App(factories.api_key(seller))

    @pytest.mark.parametrize(("path", "body", "field"), REFERENCES)
    def test_another_seller_s_row_is_refused_like_an_unknown_one(
        self, house: Seller, mine: App, path: str, body: dict[str, Any], field: str
    ) -> None:
        unknown = mine.post(f"/{path}", self._with(body, field, UNKNOWN))
        before = rows_of(house)

        answers = [mine.post(f"/{path}", self._with(body, field, name)) for name in names_of(house)]

        assert (unknown.status, unknown.errors) == (400, {field: "does_not_exist"})
        well_formed = [answer for answer in answers if answer.errors == unknown.errors]
        assert len(well_formed) > 20
        for answer in answers:
            assert answer.status == 400
            assert set(answer.errors.values()) <= {"does_not_exist", "malformed_reference"}
        for answer in well_formed:
            assert answer.without_request_id == unknown.without_request_id
        assert rows_of(house) == before

    @pytest.mark.parametrize(("path", "body", "field"), REFERENCES)
    def test_one_s_own_row_is_taken(
        self, mine: App, path: str, body: dict[str, Any], field: str
    ) -> None:
        scheme = "ext" if field in {"customer", "contract"} else "code"

        answer = mine.post(f"/{path}", self._with(body, field, f"{scheme}:mine"))

        assert answer.status == 201

    @pytest.mark.parametrize("field", ["customer", "contract"])
    def test_in_a_filter_too(self, house: Seller, mine: App, field: str) -> None:
        unknown = mine.get(f"/invoices?{field}={UNKNOWN}")
        for name in ("ext:A1", "ext:C1", *names_of(house)):
            answer = mine.get(f"/invoices?{field}={name}")
            assert answer.status == 400
            if answer.errors == unknown.errors:
                assert answer.without_request_id == unknown.without_request_id

    def _with(self, body: dict[str, Any], field: str, name: str) -> dict[str, Any]:
        if field == "lines.0.product":
            return {**body, "lines": [{"quantity": "1", "product": name}]}
        if field == "plans.0":
            return {**body, "plans": [name]}
        if field == "prices.0.meter":
            return {**body, "prices": [{**body["prices"][0], "meter": name}]}
        return {**body, field: name}
