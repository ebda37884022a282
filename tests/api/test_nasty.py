"""Whatever is sent into any field, the answer is a refusal or a success, never a defect."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker, Settings

from billing.events import log
from billing.events.models import Failure
from billing.sellers.models import ApiKey, Seller
from invoices.delivery.commands import make_link
from invoices.documents.events import documents_rendered
from tests import factories
from tests.api.bodies import BODIES
from tests.api.conftest import App, bill_all
from tests.api.routes import ROUTES, WRITES

House = tuple[App, dict[str, str]]  # And ids of what it holds.
LATER = datetime(2099, 1, 1, tzinfo=UTC)
NASTY: list[str] = [  # JSON texts, since not all of them can be written by a serializer.
    "null", "true", "false", "0", "-1", "1.5", "1e400", "-1e-400", "1E999999999", "9" * 4000,
    "99999999999999999999999999", "0.00000000000000000000000001", "[]", "{}", "[[]]", "[null]",
    "[1]", "[{}]", '{"": null}', '{"id": 1}', '""', '" "', '"a"', r'"\u0000"', r'"a\u0000b"',
    r'"\ud800"', r'"\udfff\ud800"', r'"\u202e\u200b"', r'"\r\n"', r'"\ufeff"', '"NaN"',
    '"Infinity"', '"-Infinity"', '"sNaN"', '"1e5"', '"1E999999999"', '"0x10"', '"1_000"',
    '"١٢"', '"0001-01-01"', '"9999-12-31"', '"2026-02-30"', '"2026-W01-1"', '"20260101"',
    '"2026-01-01T00:00:00Z"', '"-0"', '"00000000-0000-0000-0000-000000000000"', '"ext:"',
    r'"ext:\u0000"', '"code:code:code"', r'"ext:\ud800"', '"\'; DROP TABLE billing_order; --"',
    '"%s%n%d{0}{x}"', '"<script>alert(1)</script>"', '"../../etc/passwd"',
    '"' + "x" * 100_000 + '"', '"' + "ä" * 150 + '"', '"' + "9" * 2000 + '"', "[" * 500 + "]" * 500,
]  # fmt: skip

READ = [route for route, method in ROUTES if method == "GET"]
FIELDS = ["limit", "cursor", "type", "state", "kind", "customer", "transaction", "x"]
VALUES = ["", "%00", "%FF", "-1", "1e9", "9" * 30, "%F0%9F%92%A9", "[]", "ext:%00", "null"]


def variants(body: Any) -> Iterator[Any]:
    """Yield copies of a body with a mark in place of each part of it, however deep."""
    yield "MARK"
    if isinstance(body, dict):
        for name, value in body.items():
            for inner in variants(value):
                yield {**body, name: inner}
        yield {**body, "MARK": 1}
    elif isinstance(body, list):
        for index, value in enumerate(body):
            for inner in variants(value):
                yield [*body[:index], inner, *body[index + 1 :]]


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield _house()
        transaction.set_rollback(True)


@pytest.fixture
def house(built: House, db: None, settings: Settings) -> House:
    """What is sent to; what a test writes is rolled back."""
    settings.VIES_URL = "http://127.0.0.1:1"  # Asked by workers, of which there are none.
    settings.WEBHOOKS_TO_LOOPBACK = True
    return built


def _house() -> House:
    seller: Seller = factories.seller()
    customer = factories.customer(seller, external_id="A1", vat_id="DE136695976")
    product = factories.product(seller, code="mug")
    plan = factories.plan(seller, code="pro")
    tiers = [{"up_to": None, "unit_price": "1"}]
    factories.price_of(plan, code="tiered", model="volume", tiers=tiers)
    factories.meter(seller, code="calls", dimensions=["model", "region"])
    factories.subscription(factories.contract(customer, external_id="C1"), plan, external_id="S1")
    unpriced = factories.line(product=product, unit_price=None, tax_class="")
    factories.order(customer, unpriced)
    (invoice, *_) = bill_all(seller)
    factories.meter(seller, code="regions", property="region", dimensions=["region"])
    factories.meter(seller, code="users", aggregation="unique", property="user")
    override = factories.override(seller, valid_from=date(2026, 6, 1))
    (told,) = log.append(
        [documents_rendered(invoice, [factories.document(invoice)], at=factories.AT)],
        at=factories.AT,
    )
    ids = {
        "price": str(plan.prices.get(code="base").id),
        "failure": str(Failure.objects.get().id),
        "fingerprint": str(Failure.objects.get().cause.fingerprint),
        "registration": str(factories.registration(seller).id),
        "override": str(override.id),
        "invoice": str(invoice.id),
        "endpoint": str(factories.endpoint(seller).id),
        "delivery": str(factories.delivery(invoice).id),
        "link": str(make_link(invoice=invoice, expires_at=LATER, at=factories.AT).id),
        "told": str(told.id),
    }
    factories.api_key(seller)
    ids["key"] = str(ApiKey.objects.get(seller=seller).pk)
    app = App(factories.api_key(seller))
    app.post("/coupons", {"code": "SPRING", "percent": "10"})
    return app, ids


def test_every_writing_route_is_tried() -> None:
    assert set(BODIES) == {(route, method) for route, method in ROUTES if method in WRITES}


CASES = [(method, path, body) for (_, method), each in BODIES.items() for path, body in each]


class TestNasty:
    @pytest.mark.parametrize(("method", "path", "body"), CASES)
    def test_the_body_is_taken_as_it_stands(
        self, house: House, method: str, path: str, body: Any
    ) -> None:
        """Else the test below would prove little."""
        app, ids = house

        answer = app.send(
            method, f"/{path.format(**ids)}", json.dumps(body).replace("{told}", ids["told"])
        )

        assert answer.status in {200, 201, 202, 204}, answer.body

    @pytest.mark.parametrize(("method", "path", "body"), CASES)
    def test_hardly_a_value_in_any_field_is_a_defect(
        self, house: House, method: str, path: str, body: Any
    ) -> None:
        """Every twentieth for each field, others for the next."""
        for place, variant in enumerate(variants(body)):
            _try(house, method, path, variant, NASTY[place % 20 :: 20])

    @pytest.mark.slow
    @pytest.mark.parametrize(("method", "path", "body"), CASES)
    def test_no_value_in_any_field_is_a_defect(
        self, house: House, method: str, path: str, body: Any
    ) -> None:
        for variant in variants(body):
            _try(house, method, path, variant, NASTY)

    @pytest.mark.parametrize("route", READ)
    def test_no_name_and_hardly_a_query_is_a_defect(self, house: House, route: str) -> None:
        """Every fourth value for each field, others for the next."""
        app, _ = house
        for path in {route.replace("<reference:id>", value) for value in VALUES}:
            assert app.get(f"/{path}").status < 500
        for place, field in enumerate(FIELDS):
            _ask(app, route, field, VALUES[place % 4 :: 4])

    @pytest.mark.slow
    @pytest.mark.parametrize("route", READ)
    def test_no_query_is_a_defect(self, house: House, route: str) -> None:
        app, _ = house
        for field in FIELDS:
            _ask(app, route, field, VALUES)

    @pytest.mark.parametrize(
        "header",
        ["Idempotency-Key", "X-Request-ID", "Accept", "Accept-Language", "Content-Type", "Cookie"],
    )
    @pytest.mark.parametrize("value", ["", "\0", "\u00e4", "x" * 10_000, "a/b;q=x", "=;=,"])
    def test_no_header_is_a_defect(self, house: House, header: str, value: str) -> None:
        app, _ = house
        answer = app.post("/products", {"code": "x", "name": "x"}, **{header: value})

        assert answer.status < 500


def _try(house: House, method: str, path: str, variant: Any, values: Sequence[str]) -> None:
    app, ids = house
    text = json.dumps(variant).replace("{told}", ids["told"])
    for nasty in values:
        sent = text.replace('"MARK"', nasty)
        answer = app.send(method, f"/{path.format(**ids)}", sent.encode("utf-8"))
        assert answer.status < 500, (sent[:300], answer.body)
        json.loads(answer.content or "{}")


def _ask(app: App, route: str, field: str, values: Sequence[str]) -> None:
    for value in values:
        assert app.get(f"/{route}?{field}={value}&{field}={value}").status < 500
