"""What belongs to another seller is, in lists and bodies, as if it weren't there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

import config.urls  # noqa: F401  Loads every stage's inputs.
from billing.api.answers.pages import PageQuery
from billing.api.inputs.fields import ReferenceField
from billing.api.inputs.form import Input
from billing.api.lists.filters import Of
from billing.events.models import Event
from billing.sellers.models import Seller
from billing.usage.models import UnattributedUsage
from invoices.balances.models import BalanceMovement
from tests import factories
from tests.api.conftest import UNKNOWN, Answer, App
from tests.api.lists import LISTS
from tests.api.routes import WITHOUT_ID, names_of, rows_of


class TestStranger:
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
ENDPOINT = {"url": "http://127.0.0.1:9999/", "event_types": ["*"]}
EXEMPT = {"category": "E", "exemption_text": "x", "reason": "x"}
REFERENCES: list[tuple[str, dict[str, Any], str]] = [
    ("tax-overrides", EXEMPT, "customer"),
    ("tax-overrides", EXEMPT, "product"),
    ("contracts", {}, "customer"),
    ("subscriptions", {"plan": "code:mine"}, "contract"),
    ("subscriptions", {"contract": "ext:mine"}, "plan"),
    ("subscriptions/ext:mine/changes", {"kind": "change_plan"}, "plan"),
    ("coupons", {"code": "x", "percent": "5"}, "plans.0"),
    ("contracts/ext:mine/preview", {}, "plan"),
    ("subscriptions/ext:mine/preview", {"kind": "change_plan"}, "plan"),
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
    ("webhook-endpoints", ENDPOINT, "customer"),
    ("webhook-endpoints", ENDPOINT, "contract"),
]


FILTERS = [
    (route, name)
    for route, method in LISTS.items()
    if hasattr(method, "listing") and "<" not in route
    for name, said in method.listing.filters.declared().items()
    if isinstance(said, Of)
]
FILTERS += [("usage/days", "subscription"), ("usage/days", "meter")]
# Every other input with every field that names a row; below, or of its own test, each is tried.
TRIED = {
    ("ChangeInput", "plan"),
    ("ContractInput", "customer"),
    ("CouponInput", "plans"),
    ("EndpointChangeInput", "contract"),
    ("EndpointChangeInput", "customer"),
    ("EndpointInput", "contract"),
    ("EndpointInput", "customer"),
    ("NestedPriceInput", "meter"),
    ("OrderInput", "customer"),
    ("OrderLineInput", "product"),
    ("OverrideInput", "customer"),
    ("OverrideInput", "product"),
    ("PlanInput", "product"),
    ("PriceInput", "meter"),
    ("PriceInput", "plan"),
    ("PriceInput", "product"),
    ("ReplayInput", "after"),
    ("StartInput", "plan"),
    ("SubscriptionInput", "contract"),
    ("SubscriptionInput", "plan"),
    ("TellInput", "event"),
}


def inputs(of: type[Input] = Input) -> Iterator[type[Input]]:
    for each in of.__subclasses__():
        if not issubclass(each, PageQuery):  # The lists tell of their own, above.
            yield each
        yield from inputs(each)


def test_every_field_that_names_a_row_is_tried() -> None:
    naming = {
        (each.__name__, name)
        for each in inputs()
        for name, field in each._declared_fields.items()
        if isinstance(getattr(field, "child", field), ReferenceField)
    }

    assert naming == TRIED


class TestReferences:
    @pytest.fixture
    def mine(self, db: None, settings: Settings) -> App:
        """A seller with rows of its own, to refer to beside those of the other."""
        settings.WEBHOOKS_TO_LOOPBACK = True
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

        assert answer.status == (200 if "preview" in path else 201)

    @pytest.mark.parametrize(("path", "field"), FILTERS)
    def test_in_a_filter_too(self, house: Seller, mine: App, path: str, field: str) -> None:
        unknown = mine.get(f"/{path}?{field}={UNKNOWN}")
        assert unknown.status == 400
        for name in ("ext:A1", "ext:C1", *names_of(house)):
            answer = mine.get(f"/{path}?{field}={name}")
            assert answer.status == 400
            if answer.errors == unknown.errors:
                assert answer.without_request_id == unknown.without_request_id

    def test_in_what_an_endpoint_shall_be_told(self, house: Seller, mine: App) -> None:
        endpoint = factories.endpoint(Seller.objects.exclude(pk=house.pk).get())
        path = f"/webhook-endpoints/{endpoint.pk}/tell"
        unknown = mine.post(path, {"event": UNKNOWN})
        assert (unknown.status, unknown.errors) == (400, {"event": "does_not_exist"})

        for event in Event.objects.filter(seller=house):
            answer = mine.post(path, {"event": str(event.pk)})
            assert answer.without_request_id == unknown.without_request_id

    @pytest.mark.parametrize(
        ("method", "path", "body", "field"),
        [
            ("PATCH", "", {}, "customer"),
            ("PATCH", "", {}, "contract"),
            ("POST", "/replay", {"from": "2026-01-01T00:00:00Z"}, "after"),
        ],
    )
    def test_in_what_is_wanted_of_an_endpoint(
        self, house: Seller, mine: App, method: str, path: str, body: Any, field: str
    ) -> None:
        endpoint = factories.endpoint(Seller.objects.exclude(pk=house.pk).get())

        def asked(name: str) -> Answer:
            address = f"/webhook-endpoints/{endpoint.pk}{path}"
            return mine.send(method, address, json.dumps({**body, field: name}))

        unknown = asked(UNKNOWN)
        assert (unknown.status, unknown.errors) == (400, {field: "does_not_exist"})

        for name in names_of(house):
            answer = asked(name)
            assert answer.errors in ({field: "malformed_reference"}, unknown.errors)
            assert answer.status == 400

    def test_in_what_is_taken_back_of_a_balance(self, house: Seller, mine: App) -> None:
        def taken_back(lot: str) -> Answer:
            said = {"kind": "reversed", "lot": lot, "reason": "x"}
            return mine.post("/customers/ext:mine/balance-movements", said)

        unknown = taken_back(UNKNOWN)
        assert (unknown.status, unknown.errors) == (400, {"lot": "does_not_exist"})

        for movement in BalanceMovement.objects.filter(seller=house):
            answer = taken_back(str(movement.pk))
            assert answer.without_request_id == unknown.without_request_id

    @pytest.mark.parametrize(
        ("field", "theirs", "unknown"),
        [("meter", "calls", "balls"), ("subscription", "ext:S1", "ext:S9")],
    )
    def test_in_a_record_of_usage(
        self, house: Seller, mine: App, field: str, theirs: str, unknown: str
    ) -> None:
        """What names nothing waits until it is there: so does what names another seller's."""
        record = {"meter": "mine", "subscription": "ext:mine", "at": "2026-01-01T12:00:00Z"}

        answers = [
            mine.post("/usage", {"records": [{**record, "key": name, "value": "1", field: name}]})
            for name in (theirs, unknown)
        ]

        assert [answer.status for answer in answers] == [202, 202]
        told = [answer.content.decode() for answer in answers]
        assert told[0].replace(theirs, unknown) == told[1]
        assert not UnattributedUsage.objects.filter(seller=house).exists()

    def _with(self, body: dict[str, Any], field: str, name: str) -> dict[str, Any]:
        if field == "lines.0.product":
            return {**body, "lines": [{"quantity": "1", "product": name}]}
        if field == "plans.0":
            return {**body, "plans": [name]}
        if field == "prices.0.meter":
            return {**body, "prices": [{**body["prices"][0], "meter": name}]}
        return {**body, field: name}
