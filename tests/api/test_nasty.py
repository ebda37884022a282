"""Whatever is sent into any field, the answer is a refusal or a success, never a defect."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pytest_django import Settings

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
    "tax_class": "exempt",
    "tax_included": True,
    "supply": "goods",
    "unit": "HUR",
    "exemption_code": "VATEX-EU-132-1I",
    "exemption_text": "x",
    "item_number": "x",
    "description": "x",
}
PRICE = {
    "code": "more", "text": "x", "amount": "1", "currency": "EUR", "tax_class": "standard",
    "tax_included": False, "kind": "recurring", "timing": "advance", "model": "flat",
    "proration": "daily", "valid_from": "2026-01-01", "valid_until": "2027-01-01",
    "applies_to": "new",
}  # fmt: skip
CUSTOMER = {
    "external_id": "x", "name": "x", "kind": "business", "email": "a@b.de", "street": "x",
    "postcode": "x", "city": "x", "country": "DE", "vat_id": "DE136695976", "locale": "de",
    "payment_days": 1, "grouping": "monthly", "invoice_day": 28, "contact_name": "x",
    "phone": "x", "address_line_2": "x", "register_number": "x", "delivery_name": "x",
    "delivery_street": "x", "delivery_postcode": "x", "delivery_city": "x",
    "delivery_country": "FR", "buyer_reference": "04011000-1234512345-06",
    "electronic_address": "x", "electronic_address_scheme": "0204",
    "document_format": "xrechnung_ubl", "mandate_reference": "M-1",
    "mandate_iban": "DE89 3704 0044 0532 0130 00", "mandate_signed_on": "2026-01-01",
}  # fmt: skip
PRODUCT = {
    "code": "x", "name": "x", "description": "x", "supply": "goods", "unit": "KGM",
    "exemption_code": "VATEX-EU-132-1I", "exemption_text": "x",
}  # fmt: skip
SELLER = {
    "trading_name": "x", "contact_name": "x", "phone": "x", "email": "a@b.de",
    "register_number": "x", "legal_information": "x", "electronic_address": "x",
    "electronic_address_scheme": "9930",
}  # fmt: skip
EXCHANGE_RATE = {
    "currency": "USD", "base": "EUR", "rate": "1.0823", "period": "day", "day": "2026-01-02",
    "source": "Hausbank AG",
}  # fmt: skip
TAX_OVERRIDE = {
    "category": "S", "percent": "3", "reason": "x", "customer": "ext:A1", "product": "code:mug",
    "tax_class": "standard", "country": "DE", "valid_from": "2026-02-01",
    "valid_until": "2026-03-01",
}  # fmt: skip
METER = {
    "code": "x", "name": "x", "aggregation": "sum", "property": "x", "carried": True,
    "dimensions": ["model"],
}  # fmt: skip
TWO_TIERS = [
    {"up_to": "10", "unit_price": "1", "flat": "1"},
    {"up_to": None, "unit_price": "0.5"},
]
USAGE = {
    "plan": "code:pro", "code": "calls", "kind": "usage", "tax_class": "standard",
    "meter": "code:calls", "filters": {"region": ["eu"]}, "group_by": ["model"],
    "minimum": "1", "maximum": "2",
}  # fmt: skip
PACKAGE = {"model": "package", "amount": "1", "size": "10", "free_units": "5", "rounding": "down"}
TIERS = {"model": "graduated", "tiers": TWO_TIERS}
PERCENTAGE = {
    "model": "percentage", "rate": "1.5", "fixed_fee": "0.1", "free_events": 3,
    "free_amount": "10", "min_per_event": "0.1", "max_per_event": "5",
}  # fmt: skip
OVERRIDE = {"kind": "override_price", "price": "base", "unit_price": "25", "when": "now"}
TIERED_OVERRIDE = {"kind": "override_price", "price": "tiered", "tiers": TWO_TIERS}
DISCOUNT = {"periods": 3, "prices": ["base"]}
PLAN = {
    "product": "code:mug", "code": "x", "name": "x", "interval": "month", "interval_count": 1,
    "alignment": "anniversary", "anchor_day": 1,
    "trial_days": 1, "minimum_commitment": "1",
    "prices": [{"code": "x", "unit_price": "1", "tax_class": "zero", "valid_from": "2026-01-01"}],
}  # fmt: skip

COUPON = {
    "code": "x", "percent": "5", "periods": 3, "prices": ["base"], "plans": ["code:pro"],
    "valid_from": "2026-01-01", "valid_until": "2026-06-01", "max_redemptions": 5,
    "once_per_customer": True,
}  # fmt: skip
SCENARIO = {
    "title": "x",
    "seller": {"country": "DE", "timezone": "Europe/Berlin", "currency": "EUR", "oss": True},
    "contract": {"grouping": "monthly", "term": {"initial_months": 1, "renewal_months": 1}},
    "meters": {"m": {"aggregation": "sum", "property": "a", "carried": True}},
    "plans": {
        "p": {
            "interval": "month",
            "prices": [
                {
                    "code": "u", "charge": "usage", "meter": "m", "model": "graduated",
                    "tiers": [{"up_to": None, "unit_price": "1"}], "filters": {"a": ["1"]},
                    "valid_from": "2026-01-01",
                }
            ],
        }
    },
    "timeline": [
        {"on": "2026-01-01", "do": "start", "plan": "p", "quantity": "1", "recorded": "2026-01-02"},
        {"on": "2026-01-03", "do": "discount", "amount": "1", "periods": 1, "prices": ["u"]},
    ],
    "orders": [
        {"on": "2026-01-01", "lines": [{"text": "x", "quantity": "1", "unit_price": "1"}]}
    ],
    "usage": [
        {"at": "2026-01-05T10:00:00Z", "meter": "m", "key": "k", "properties": {"a": "1"}}
    ],
    "until": "2026-02-02",
    "expect": {"invoices": [{"net": "1", "lines": [{"price": "u", "explanation": {"a": 1}}]}]},
}  # fmt: skip

# A full and valid body for each writing route; {…} stands for what the house has.
BODIES: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {
    ("test-clock/advance", "POST"): [("test-clock/advance", {"to": "2026-02-01"})],
    ("customers", "POST"): [("customers", CUSTOMER)],
    ("customers/<reference:id>", "PATCH"): [
        ("customers/ext:A1", {"city": "x", "country": "DE", "vat_id": "DE136695976"})
    ],
    ("products", "POST"): [("products", PRODUCT)],
    ("products/<reference:id>", "PATCH"): [
        ("products/code:mug", {"name": "x", "description": "x"})
    ],
    ("seller", "PATCH"): [("seller", SELLER)],
    ("seller/registrations", "POST"): [
        (
            "seller/registrations",
            {
                "country": "AT",
                "vat_id": "ATU13585627",
                "valid_from": "2026-01-01",
                "valid_until": "2027-01-01",
            },
        )
    ],
    ("seller/registrations/<reference:id>/end", "POST"): [
        ("seller/registrations/{registration}/end", {"valid_until": "2026-05-01"})
    ],
    ("tax-overrides", "POST"): [("tax-overrides", TAX_OVERRIDE)],
    ("exchange-rates", "POST"): [("exchange-rates", EXCHANGE_RATE)],
    ("tax-overrides/<reference:id>/end", "POST"): [
        ("tax-overrides/{override}/end", {"valid_until": "2026-07-01"})
    ],
    ("customers/<reference:id>/vat-id-checks", "POST"): [("customers/ext:A1/vat-id-checks", {})],
    ("contracts/<reference:id>", "PATCH"): [
        ("contracts/ext:C1", {"purchase_order": "x", "project_reference": "x"})
    ],
    ("meters", "POST"): [("meters", METER)],
    ("plans", "POST"): [("plans", PLAN)],
    ("prices", "POST"): [
        ("prices", {**PRICE, "plan": "code:pro"}),
        ("prices", {**PRICE, "product": "code:mug", "kind": "once"}),
        ("prices", {**USAGE, **PACKAGE}),
        ("prices", {**USAGE, **TIERS}),
        ("prices", {**USAGE, **PERCENTAGE}),
    ],
    ("prices/<reference:id>/end", "POST"): [("prices/{price}/end", {"valid_until": "2026-05-01"})],
    ("coupons", "POST"): [
        ("coupons", COUPON),
        ("coupons", {"code": "y", "amount": "5", "currency": "EUR"}),
    ],
    ("coupons/<reference:id>/end", "POST"): [
        ("coupons/code:SPRING/end", {"valid_until": "2026-05-01"})
    ],
    ("customers/<reference:id>/balance-movements", "POST"): [
        (
            "customers/ext:A1/balance-movements",
            {
                "kind": "prepayment",
                "amount": "5",
                "currency": "EUR",
                "reason": "x",
                "expires_on": "2027-01-01",
            },
        )
    ],
    ("contracts/<reference:id>/indexations", "POST"): [
        ("contracts/ext:C1/indexations", {"on": "2026-02-01", "percent": "3.5"})
    ],
    ("contracts/<reference:id>/preview", "POST"): [
        ("contracts/ext:C1/preview", {"plan": "code:pro", "quantity": "1", "on": "2026-01-02"})
    ],
    ("subscriptions/<reference:id>/preview", "POST"): [
        ("subscriptions/ext:S1/preview", {"kind": "change_quantity", "quantity": "2"})
    ],
    ("contracts", "POST"): [
        (
            "contracts",
            {
                "customer": "ext:A1",
                "external_id": "x",
                "currency": "EUR",
                "payment_days": 1,
                "term": {"initial_months": 12, "renewal_months": 12, "notice_months": 3},
            },
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
        ("subscriptions/ext:S1/changes", OVERRIDE),
        ("subscriptions/ext:S1/changes", TIERED_OVERRIDE),
        ("subscriptions/ext:S1/changes", {"kind": "discount", **DISCOUNT, "percent": "10"}),
        ("subscriptions/ext:S1/changes", {"kind": "discount", **DISCOUNT, "amount": "10"}),
        ("subscriptions/ext:S1/changes", {"kind": "set_anchor_day", "anchor_day": 15}),
        ("subscriptions/ext:S1/changes", {"kind": "index_prices", "percent": "3.5"}),
    ],
    ("orders", "POST"): [
        (
            "orders",
            {
                "customer": "ext:A1",
                "external_id": "x",
                "currency": "EUR",
                "on": "2026-01-01",
                "purchase_order": "x",
                "project_reference": "x",
                "lines": [LINE, {"product": "code:mug", "quantity": "1", "text": "x"}],
            },
        )
    ],
    ("simulations", "POST"): [("simulations", SCENARIO)],
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
                    for meter in ("regions", "users", "unknown")
                ]
            },
        )
    ],
    ("failures/<reference:id>/retry", "POST"): [("failures/{failure}/retry", {"why": "x"})],
    ("failures/<reference:id>/write-off", "POST"): [("failures/{failure}/write-off", {"why": "x"})],
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
def house(db: None, settings: Settings) -> tuple[App, dict[str, str]]:
    settings.VIES_URL = "http://127.0.0.1:1"  # Asked by workers, of which there are none.
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
    bill_all(seller)
    factories.meter(seller, code="regions", property="region", dimensions=["region"])
    factories.meter(seller, code="users", aggregation="unique", property="user")
    override = factories.override(seller, valid_from=date(2026, 6, 1))
    ids = {
        "price": str(plan.prices.get(code="base").id),
        "failure": str(Failure.objects.get().id),
        "registration": str(factories.registration(seller).id),
        "override": str(override.id),
    }
    app = App(factories.api_key(seller))
    app.post("/coupons", {"code": "SPRING", "percent": "10"})
    return app, ids


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
