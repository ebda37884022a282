"""What can't be priced, charged or agreed is refused by the tables, whoever writes it."""

from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from billing.catalog.models import Meter, Plan, Price
from billing.catalog.queries import price_terms
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.pricing.prices import ContradictoryPlan, PriceModel
from billing.sellers.models import Seller
from invoices.issuing.commands import bill
from invoices.issuing.models import Charge
from tests import factories
from tests.contracts.conftest import AT, refused

ONE = Decimal(1)
REST = [{"up_to": None, "flat": "1"}]
AMOUNTS: dict[str, Any] = {
    "amount": ONE, "unit_price": ONE, "tiers": REST, "size": ONE, "free_units": ONE, "rate": ONE,
    "fixed_fee": ONE, "free_events": 1, "free_amount": ONE, "min_per_event": ONE,
    "max_per_event": ONE,
}  # fmt: skip
NEEDED = {
    "flat": ["amount"],
    "per_unit": ["unit_price"],
    "package": ["amount", "size"],
    "percentage": ["rate"],
    "dynamic": [],
}


@pytest.fixture
def meter(seller: Seller) -> Meter:
    return factories.meter(seller, dimensions=["region"])


@pytest.fixture
def plan(seller: Seller) -> Plan:
    return factories.plan(seller)


def price(plan: Plan, **given: Any) -> Price:
    """A price made past the commands."""
    made = factories.price_of(plan, **{"code": "new", **given})
    connection.check_constraints()
    return made


def usage(plan: Plan, meter: Meter, model: str, *names: str, **given: Any) -> dict[str, Any]:
    """Values of a price of usage with these amounts and no others."""
    absent = {name: [] if name == "tiers" else None for name in AMOUNTS}
    values = {**absent, **{name: AMOUNTS[name] for name in names}}
    if values["tiers"] and model == "graduated_percentage":
        values["tiers"] = [{"up_to": None, "rate": "1"}]
    return {"kind": "usage", "meter": meter, "model": model, **values, **given}


class TestPrices:
    @pytest.mark.parametrize("model", [model.value for model in PriceModel])
    def test_a_model_has_what_it_needs(self, plan: Plan, meter: Meter, model: str) -> None:
        needed = NEEDED.get(model, ["tiers"])

        price_terms(price(plan, **usage(plan, meter, model, *needed)))

        for name in needed:
            fewer = [each for each in needed if each != name]
            with refused("price_has_amounts_of_its_model"):
                price(plan, code="fewer", **usage(plan, meter, model, *fewer))

    @pytest.mark.parametrize(
        ("model", "name"), list(product([model.value for model in PriceModel], AMOUNTS))
    )
    def test_the_tables_refuse_an_amount_where_the_engine_does(
        self, plan: Plan, meter: Meter, model: str, name: str
    ) -> None:
        needed = NEEDED.get(model, ["tiers"])
        values = usage(plan, meter, model, *needed, name)
        terms = Price(seller=plan.seller, code="x", currency="EUR", proration="daily",
                      timing="arrears", **values)  # fmt: skip
        try:
            price_terms(terms)
        except ContradictoryPlan:
            with refused("price_has_amounts_of_its_model"):
                price(plan, **values)
        else:
            price(plan, **values)

    @pytest.mark.parametrize(
        ("given", "name"),
        [
            ({"unit_price": Decimal(-1)}, "price_not_negative"),
            ({"minimum": Decimal(-1)}, "price_not_negative"),
            ({"minimum": Decimal(2), "maximum": ONE}, "price_bounds_in_order"),
            ({"code": "minimum_commitment"}, "price_code_not_reserved"),
            ({"kind": "once", "timing": "arrears"}, "price_timing_of_its_kind"),
            ({"kind": "usage"}, "price_of_usage_has_meter"),
            ({"filters": {"region": ["eu"]}}, "price_of_usage_has_meter"),
            ({"group_by": ["region"]}, "price_of_usage_has_meter"),
            ({"model": "percentage", "rate": ONE}, "price_of_usage_has_meter"),
            ({"model": "dynamic"}, "price_of_usage_has_meter"),
            ({"filters": []}, "price_of_usage_has_meter|price_filters_and_groups_listed"),
            ({"applies_to": "some"}, "price_can_be_rated"),
            ({"rounding": "half"}, "price_can_be_rated"),
            ({"code": "base", "valid_from": date(2030, 1, 1)}, "price_code_on_sale_once"),
        ],
    )
    def test_nonsense_is_refused(self, plan: Plan, given: dict[str, Any], name: str) -> None:
        with refused(name):
            price(plan, **given)

    @pytest.mark.parametrize("given", [{"kind": "once"}, {"timing": "arrears"}])
    def test_a_version_of_another_kind_is_refused(self, plan: Plan, given: dict[str, Any]) -> None:
        Price.objects.filter(plan=plan).update(valid_until=date(2026, 2, 1))

        with refused("price_code_of_one_kind"):
            price(plan, code="base", valid_from=date(2026, 2, 1), **given)

    @pytest.mark.parametrize(
        "given", [{"filters": {"model": ["x"]}}, {"group_by": ["region", "model"]}]
    )
    def test_what_is_no_dimension_of_the_meter_is_refused(
        self, plan: Plan, meter: Meter, given: dict[str, Any]
    ) -> None:
        with refused("price_dimensions_known"):
            price(plan, kind="usage", meter=meter, **given)

    def test_a_meter_of_another_seller_is_refused(self, plan: Plan) -> None:
        foreign = factories.meter(factories.seller())

        with refused("price_meter_of_same_seller"):
            price(plan, kind="usage", meter=foreign)

    @pytest.mark.parametrize("given", [{"minimum": ONE}, {"kind": "recurring"}])
    def test_a_product_is_bought_once(self, seller: Seller, given: dict[str, Any]) -> None:
        with refused("price_of_plan_or_product"):
            factories.price_of(of=factories.product(seller), **given)

    def test_a_negative_commitment_is_refused(self, seller: Seller) -> None:
        with refused("plan_commitment_not_negative"):
            factories.plan(seller, minimum_commitment=Decimal(-1))


class TestMeters:
    @pytest.mark.parametrize(
        ("given", "name"),
        [
            ({"aggregation": "median"}, "meter_aggregation_known"),
            ({"property": ""}, "meter_property_named"),
            ({"dimensions": {"a": 1}}, "meter_dimensions_listed"),
        ],
    )
    def test_nonsense_is_refused(self, seller: Seller, given: dict[str, Any], name: str) -> None:
        with refused(name):
            factories.meter(seller, **given)

    def test_a_code_is_given_once(self, seller: Seller, meter: Meter) -> None:
        with refused("meter_code_once"):
            factories.meter(seller, code=meter.code)

    def test_it_never_changes(self, meter: Meter) -> None:
        with refused("meter_never_changes"):
            Meter.objects.filter(pk=meter.pk).update(aggregation="max")


class TestContracts:
    @pytest.mark.parametrize(
        "given",
        [
            {"initial_months": 12},
            {"initial_months": 12, "renewal": "none"},
            {"initial_months": 12, "renewal": "months", "notice_months": 1},
            {"initial_months": 12, "renewal": "none", "renewal_months": 1, "notice_months": 1},
            {"initial_months": 0, "renewal": "none", "notice_months": 1},
            {"renewal": "none"},
            {"renewal": "none", "notice_months": 1},
            {"notice_months": 1},
        ],
    )
    def test_half_a_term_is_refused(self, seller: Seller, given: dict[str, Any]) -> None:
        with refused("contract_term_complete"):
            Contract.objects.create(
                seller=seller, customer=factories.customer(seller), currency="EUR",
                created_at=AT, **given,
            )  # fmt: skip

    def test_a_term_never_changes(self, contract: Contract) -> None:
        with refused("contract_never_changes"):
            Contract.objects.filter(pk=contract.pk).update(notice_months=1)

    @pytest.mark.parametrize("given", [{"grouping": "weekly"}, {"invoice_day": 32}])
    def test_an_unknown_grouping_is_refused(self, seller: Seller, given: dict[str, Any]) -> None:
        with refused("customer_grouping_known"):
            factories.customer(seller, **given)


class TestChanges:
    @pytest.fixture
    def subscription(self, contract: Contract, plan: Plan) -> Subscription:
        return factories.subscription(contract, plan)

    @pytest.mark.parametrize(
        ("kind", "terms"),
        [
            ("override_price", None),
            ("override_price", {"amount": "1"}),
            ("override_price", {"price": "base"}),
            ("index_prices", {"anchor_day": 1}),
            ("discount", {"periods": 1}),
            ("set_anchor_day", {}),
            ("pause", {"percent": "1"}),
        ],
    )
    def test_terms_belong_to_their_kind(
        self, subscription: Subscription, kind: str, terms: dict[str, Any] | None
    ) -> None:
        with refused("subscription_change_has_terms"):
            SubscriptionChange.objects.create(
                seller_id=subscription.seller_id, subscription=subscription, kind=kind,
                terms=terms, effective_on=date(2026, 1, 5), recorded_on=date(2026, 1, 1),
                recorded_at=AT,
            )  # fmt: skip


class TestCharges:
    @pytest.fixture
    def charge(self, contract: Contract, plan: Plan) -> Charge:
        made = factories.subscription(contract, plan)
        event = made.seller.events.get(payload__subscription_id=str(made.id))
        (invoice,) = bill(event_id=event.id, at=AT, worker="test")
        return invoice.lines.get()

    def copied(self, charge: Charge, **given: Any) -> None:
        """A charge like another, which waits for its invoice."""
        values = {"id": uuid4(), "invoice_id": None, "position": None, **given}
        names = [each.attname for each in Charge._meta.concrete_fields if each.name != "ordinal"]
        copy = Charge(**{name: getattr(charge, name) for name in names} | values)
        copy.save(force_insert=True)
        connection.check_constraints()

    def test_a_period_is_charged_once_per_tag_and_cause(self, charge: Charge) -> None:
        self.copied(charge, tag="discount x")

        with refused("charge_period_charged_once"):
            self.copied(charge)
        with refused("charge_period_charged_once"):
            self.copied(charge, tag="discount x")

    def test_a_commitment_is_charged_once(self, charge: Charge, plan: Plan) -> None:
        commitment = {"price_id": None, "plan_id": plan.id, "price_code": "minimum_commitment"}
        self.copied(charge, **commitment)

        with refused("charge_period_charged_once"):
            self.copied(charge, **commitment)

    @pytest.mark.parametrize("given", [{"price_id": None}, {"price_code": ""}])
    def test_it_says_for_what(self, charge: Charge, given: dict[str, Any]) -> None:
        with refused("charge_of_subscription_or_order"):
            self.copied(charge, cause="again", **given)

    def test_it_is_for_a_price_or_a_plan(self, charge: Charge, plan: Plan) -> None:
        with refused("charge_of_subscription_or_order"):
            self.copied(charge, cause="again", plan_id=plan.id)

    def test_a_plan_of_another_seller_is_refused(self, charge: Charge) -> None:
        foreign = factories.plan(factories.seller())

        with refused("charge_plan_of_same_seller"):
            self.copied(charge, cause="again", price_id=None, plan_id=foreign.id)

    def test_its_new_figures_never_change(self, charge: Charge) -> None:
        for name, value in (("tag", "x"), ("price_code", "x"), ("measured", 1)):
            with refused("charge_never_changes"):
                Charge.objects.filter(pk=charge.pk).update(**{name: value})
