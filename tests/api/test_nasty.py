"""Whatever is sent into any field, the answer is a refusal or a success, never a defect."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from billing.events.models import Failure
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App, bill_all
from tests.api.test_scoping import ROUTES, WRITES

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

LINE = {
    "text": "x",
    "quantity": "1",
    "unit_price": "1",
    "tax_class": "standard",
    "tax_included": True,
}
PRICE = {
    "code": "more", "text": "x", "unit_price": "1", "currency": "EUR", "tax_class": "standard",
    "tax_included": False, "kind": "recurring", "timing": "advance", "model": "flat",
    "proration": "daily", "valid_from": "2026-01-01", "valid_until": "2027-01-01",
}  # fmt: skip
CUSTOMER = {
    "external_id": "x", "name": "x", "kind": "business", "email": "a@b.de", "street": "x",
    "postcode": "x", "city": "x", "country": "DE", "vat_id": "DE136695976", "locale": "de",
    "payment_days": 1,
}  # fmt: skip
PLAN = {
    "product": "code:mug", "code": "x", "name": "x", "interval": "month", "interval_count": 1,
    "alignment": "anniversary", "anchor_day": 1,
    "prices": [{"code": "x", "unit_price": "1", "tax_class": "zero", "valid_from": "2026-01-01"}],
}  # fmt: skip

# A full and valid body for each writing route; {…} stands for what the house has.
BODIES: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {
    ("test-clock/advance", "POST"): [("test-clock/advance", {"to": "2026-02-01"})],
    ("customers", "POST"): [("customers", CUSTOMER)],
    ("customers/<reference:id>", "PATCH"): [
        ("customers/ext:A1", {"city": "x", "country": "DE", "vat_id": "DE136695976"})
    ],
    ("products", "POST"): [("products", {"code": "x", "name": "x"})],
    ("plans", "POST"): [("plans", PLAN)],
    ("prices", "POST"): [
        ("prices", {**PRICE, "plan": "code:pro"}),
        ("prices", {**PRICE, "product": "code:mug", "kind": "once"}),
    ],
    ("prices/<reference:id>/end", "POST"): [("prices/{price}/end", {"valid_until": "2026-05-01"})],
    ("contracts", "POST"): [
        (
            "contracts",
            {"customer": "ext:A1", "external_id": "x", "currency": "EUR", "payment_days": 1},
        )
    ],
    ("subscriptions", "POST"): [
        (
            "subscriptions",
            {
                "contract": "ext:C1",
                "plan": "code:pro",
                "quantity": "1",
                "on": "2026-01-01",
                "external_id": "x",
            },
        )
    ],
    ("subscriptions/<reference:id>/changes", "POST"): [
        (
            "subscriptions/ext:S1/changes",
            {
                "kind": "change_plan",
                "plan": "code:pro",
                "quantity": "2",
                "on": "2026-01-05",
                "when": "period_end",
            },
        ),
        ("subscriptions/ext:S1/changes", {"kind": "cancel", "credit": "full"}),
    ],
    ("orders", "POST"): [
        (
            "orders",
            {
                "customer": "ext:A1",
                "external_id": "x",
                "currency": "EUR",
                "on": "2026-01-01",
                "lines": [LINE, {"product": "code:mug", "quantity": "1", "text": "x"}],
            },
        )
    ],
    ("usage", "POST"): [
        (
            "usage",
            {
                "records": [
                    {
                        "meter": meter,
                        "subscription": "ext:S1",
                        "key": "x",
                        "at": "2026-01-01T12:00:00+01:00",
                        "value": "1",
                        "amount": "1",
                        "properties": {"region": "1", "user": "x"},
                    }
                    for meter in ("calls", "users", "unknown")
                ]
            },
        )
    ],
    ("failures/<reference:id>/retry", "POST"): [("failures/{failure}/retry", {"why": "x"})],
}


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


@pytest.fixture
def house(db: None) -> tuple[App, dict[str, str]]:
    seller: Seller = factories.seller()
    customer = factories.customer(seller, external_id="A1")
    product = factories.product(seller, code="mug")
    plan = factories.plan(seller, code="pro")
    factories.subscription(factories.contract(customer, external_id="C1"), plan, external_id="S1")
    unpriced = factories.line(product=product, unit_price=None, tax_class="")
    factories.order(customer, unpriced)
    bill_all(seller)
    factories.meter(seller, code="calls", property="region", dimensions=["region"])
    factories.meter(seller, code="users", aggregation="unique", property="user")
    ids = {"price": str(plan.prices.get().id), "failure": str(Failure.objects.get().id)}
    return App(factories.api_key(seller)), ids


def test_every_writing_route_is_tried() -> None:
    assert set(BODIES) == {(route, method) for route, method in ROUTES if method in WRITES}


CASES = [(method, path, body) for (_, method), each in BODIES.items() for path, body in each]


class TestNasty:
    @pytest.mark.parametrize(("method", "path", "body"), CASES)
    def test_the_body_is_taken_as_it_stands(
        self, house: tuple[App, dict[str, str]], method: str, path: str, body: Any
    ) -> None:
        """Else the test below would prove little."""
        app, ids = house

        answer = app.send(method, f"/{path.format(**ids)}", json.dumps(body))

        assert answer.status in {200, 201, 202}

    @pytest.mark.parametrize(("method", "path", "body"), CASES)
    def test_no_value_in_any_field_is_a_defect(
        self, house: tuple[App, dict[str, str]], method: str, path: str, body: Any
    ) -> None:
        app, ids = house
        for variant in variants(body):
            text = json.dumps(variant)
            for nasty in NASTY:
                sent = text.replace('"MARK"', nasty)
                answer = app.send(method, f"/{path.format(**ids)}", sent.encode("utf-8"))
                assert answer.status < 500, (sent[:300], answer.body)
                json.loads(answer.content)

    @pytest.mark.parametrize(("route", "method"), [each for each in ROUTES if "GET" in each])
    def test_no_query_is_a_defect(
        self, house: tuple[App, dict[str, str]], route: str, method: str
    ) -> None:
        app, _ = house
        fields = ["limit", "cursor", "type", "state", "kind", "customer", "transaction", "x"]
        values = ["", "%00", "%FF", "-1", "1e9", "9" * 30, "%F0%9F%92%A9", "[]", "ext:%00", "null"]
        for path in {route.replace("<reference:id>", value) for value in values}:
            assert app.get(f"/{path}").status < 500
        for field in fields:
            for value in values:
                assert app.get(f"/{route}?{field}={value}&{field}={value}").status < 500

    @pytest.mark.parametrize(
        "header",
        ["Idempotency-Key", "X-Request-ID", "Accept", "Accept-Language", "Content-Type", "Cookie"],
    )
    @pytest.mark.parametrize("value", ["", "\0", "\u00e4", "x" * 10_000, "a/b;q=x", "=;=,"])
    def test_no_header_is_a_defect(
        self, house: tuple[App, dict[str, str]], header: str, value: str
    ) -> None:
        app, _ = house
        answer = app.post("/products", {"code": "x", "name": "x"}, **{header: value})

        assert answer.status < 500
