"""Every way of charging can be stated and looked at in the admin."""

import html
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.catalog.admin.prices import AMOUNTS
from billing.catalog.models import Meter, Price
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.events.models import Event
from billing.pricing.prices import PriceModel, amounts_of
from invoices.issuing.commands import bill
from tests import factories
from tests.admin.houses import House
from tests.admin.test_deeds import url
from tests.admin.test_scope import added, posted

LINES = "up to 100: unit price 0.05, flat 1\r\n\r\nREST: Unit price 0.02"
TIERS = [{"up_to": "100", "unit_price": "0.05", "flat": "1"}, {"up_to": None, "unit_price": "0.02"}]


def price(alpha: House, **given: str) -> dict[str, Any]:
    return {**posted(alpha)["price"], "unit_price": "", **given}


@pytest.mark.django_db
class TestPrices:
    def test_tiers_are_written_as_lines(self, client: Client, alpha: House) -> None:
        answer = added(client, "price", price(alpha, model="graduated", tiers=LINES))

        made = Price.objects.get(code="more")
        assert (answer.status_code, made.tiers) == (302, TIERS)
        body = client.get(url(made)).content.decode()
        assert "up to 100: unit price 0.05, flat 1" in body
        assert "rest: unit price 0.02" in body

    def test_a_choice_says_which_fields_it_needs(self, client: Client) -> None:
        page = html.unescape(client.get("/admin/billing/price/add/").content.decode())

        assert "billing/fitting.js" in page
        assert '"package": ["amount", "size", "free_units", "rounding"]' in page
        assert '"usage": ["meter", "filters", "group_by"]' in page

    @pytest.mark.parametrize("model", PriceModel)
    def test_all_that_is_hidden_is_a_field(self, model: PriceModel) -> None:
        assert set(amounts_of(model)) <= set(AMOUNTS)

    def test_a_price_of_usage_filters_and_groups(self, client: Client, alpha: House) -> None:
        meter = factories.meter(alpha.seller, dimensions=["model", "region"])
        given = {"kind": "usage", "timing": "arrears", "meter": str(meter.pk),
                 "group_by": " model ", "filters": "region: eu, us\r\n",
                 "unit_price": "0.5"}  # fmt: skip

        added(client, "price", price(alpha, **given))

        made = Price.objects.get(code="more")
        assert (made.filters, made.group_by) == ({"region": ["eu", "us"]}, ["model"])
        body = client.get(url(made)).content.decode()
        assert "region: eu, us" in body

    @pytest.mark.parametrize(
        "given",
        [
            {"model": "flat", "amount": "5"},
            {"model": "package", "amount": "5", "size": "10", "rounding": "down"},
            {"model": "volume", "tiers": "rest: flat 1"},
        ],
    )
    def test_a_plan_comes_with_prices_of_any_model(
        self, client: Client, alpha: House, given: dict[str, str]
    ) -> None:
        nested = {"unit_price": "", **given}
        prices = {f"prices-0-{name}": value for name, value in nested.items()}

        answer = added(client, "plan", {**posted(alpha)["plan"], **prices, "trial_days": "7"})

        assert answer.status_code == 302
        made = Price.objects.get(plan__code="new")
        assert (made.model, made.plan and made.plan.trial_days) == (given["model"], 7)
        assert client.get(url(made)).status_code == 200
        assert client.get("/admin/billing/price/").status_code == 200

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ({"model": "flat"}, "Give the amounts that the model needs"),
            ({"model": "per_unit", "unit_price": "1", "size": "2"}, "Give the amounts that"),
            ({"model": "per_unit", "unit_price": "-1"}, "must not be negative"),
            ({"model": "volume", "tiers": "up to 5: flat 1"}, "leave a gap above 5"),
            ({"model": "volume", "tiers": "up to 5, flat 1"}, "is no tier"),
            ({"model": "volume", "tiers": "rest: price 1"}, "is no tier"),
            ({"model": "volume", "tiers": "rest: flat x"}, "is no amount"),
            ({"model": "volume", "tiers": "up to NaN: flat 1"}, "is no amount"),
            ({"kind": "usage", "unit_price": "1"}, "needs its meter"),
            ({"filters": "region", "unit_price": "1"}, "is no filter"),
            ({"minimum": "2", "maximum": "1", "unit_price": "1"}, "must not be more than"),
            ({"code": "minimum_commitment", "unit_price": "1"}, "own: choose another"),
            (
                {"code": "alpha-fee", "kind": "once", "unit_price": "1"},
                "is on sale on some of these days",
            ),
        ],
    )
    def test_what_cannot_be_priced_is_refused_in_plain_words(
        self, client: Client, alpha: House, given: dict[str, str], told: str
    ) -> None:
        answer = added(client, "price", price(alpha, **given))

        assert answer.status_code == 200
        assert told in answer.content.decode().replace("&#x27;", "'")
        assert not Price.objects.filter(code="more").exists()

    def test_what_is_no_dimension_is_refused(self, client: Client, alpha: House) -> None:
        given = {"kind": "usage", "timing": "arrears", "meter": str(alpha.meter.pk),
                 "group_by": "city"}  # fmt: skip

        answer = added(client, "price", price(alpha, unit_price="1", **given))

        assert "has no dimension city" in answer.content.decode()

    def test_a_meter_is_stated(self, client: Client, alpha: House) -> None:
        assert added(client, "meter", posted(alpha)["meter"]).status_code == 302

        made = Meter.objects.get(code="new")
        assert (made.dimensions, made.carried) == (["model", "region"], False)
        assert "model, region" in client.get(url(made)).content.decode()


@pytest.mark.django_db
class TestChanges:
    def change(self, client: Client, alpha: House, **given: str) -> Any:
        values = {"when": "now", "credit": "prorated", **given}
        return client.post(url(alpha.subscription, "change-terms/"), values)

    @pytest.mark.parametrize(
        ("given", "terms"),
        [
            (
                {"kind": "override_price", "price_code": "alpha-fee", "unit_price": "25"},
                {"price": "alpha-fee", "unit_price": "25"},
            ),
            (
                {"kind": "discount", "percent": "10", "periods": "2", "discounted": "alpha-fee"},
                {"percent": "10", "periods": 2, "prices": ["alpha-fee"]},
            ),
            ({"kind": "discount", "amount": "1.50"}, {"amount": "1.5"}),
            ({"kind": "index_prices", "percent": "-3"}, {"percent": "-3"}),
            ({"kind": "set_anchor_day", "anchor_day": "15"}, {"anchor_day": 15}),
        ],
    )
    def test_it_is_recorded_and_shown(
        self, client: Client, alpha: House, given: dict[str, str], terms: dict[str, Any]
    ) -> None:
        assert self.change(client, alpha, **given).status_code == 302

        made = alpha.subscription.changes.get(kind=given["kind"])
        assert made.terms == terms
        body = client.get(url(alpha.subscription)).content.decode()
        name, value = next(iter(terms.items()))
        assert f"{name.replace('_', ' ')} {value}" in body

    def test_it_is_explained_on_its_line(self, client: Client, alpha: House) -> None:
        self.change(client, alpha, kind="discount", percent="10")
        change = SubscriptionChange.objects.get(kind="discount")
        event = Event.objects.get(idempotency_key=f"subscription.changed:{change.pk}")

        (invoice,) = bill(event_id=event.pk, at=factories.AT, worker="test")

        line = invoice.lines.order_by("position").last()
        assert line is not None
        body = client.get(url(line)).content.decode()
        assert "taken 3, percent 10" in body
        assert "units 1, amount 30, unit price 30" in body

    @pytest.mark.parametrize(
        ("given", "field", "told"),
        [
            ({"kind": "pause", "percent": "1"}, "percent", "leave it empty"),
            ({"kind": "override_price", "unit_price": "1"}, "price_code", "Name the price"),
            (
                {"kind": "override_price", "price_code": "x", "unit_price": "1"},
                "price_code",
                "no price x",
            ),
            (
                {"kind": "override_price", "price_code": "alpha-fee", "tiers": "5"},
                "tiers",
                "is no tier",
            ),
            ({"kind": "discount"}, "percent", "needs its percent or amount"),
            ({"kind": "discount", "percent": "1", "discounted": "x"}, "discounted", "no price x"),
            ({"kind": "discount", "coupon": "x"}, "coupon", "no such coupon"),
            ({"kind": "set_anchor_day"}, "anchor_day", "needs the anchor_day"),
            ({"kind": "index_prices"}, "percent", "needs the percent"),
            ({"kind": "cancel", "when": "term_end"}, "when", "has no term"),
            ({"kind": "resume"}, "__all__", "is not paused"),
        ],
    )
    def test_nonsense_is_refused_at_its_field_in_plain_words(
        self, client: Client, alpha: House, given: dict[str, str], field: str, told: str
    ) -> None:
        answer = self.change(client, alpha, **given)

        assert answer.status_code == 200
        assert told in answer.context["form"].errors[field].as_text()
        assert told in answer.content.decode()
        assert alpha.subscription.changes.count() == 1


@pytest.mark.django_db
class TestTerms:
    term = {"initial_months": "12", "renewal": "months", "renewal_months": "6",
            "notice_months": "1"}  # fmt: skip

    def test_a_contract_is_made_for_a_term(self, client: Client, alpha: House) -> None:
        added(client, "contract", {**posted(alpha)["contract"], **self.term})

        made = Contract.objects.get(external_id="new")
        assert (made.initial_months, made.renewal_months, made.notice_months) == (12, 6, 1)
        factories.subscription(made, alpha.plan)
        assert "2027" in client.get(url(made)).content.decode()  # Its earliest end.

    def test_half_a_term_is_refused_in_plain_words(self, client: Client, alpha: House) -> None:
        half = {**self.term, "notice_months": ""}

        answer = added(client, "contract", {**posted(alpha)["contract"], **half})

        assert "A term needs its initial months" in answer.content.decode()

    def test_a_consumer_is_protected(self, client: Client, alpha: House) -> None:
        consumer = factories.customer(alpha.seller, kind="consumer")
        values = {**posted(alpha)["contract"], **self.term, "customer": consumer.pk}

        answer = added(client, "contract", values)

        assert "BGB § 309 no. 9" in answer.content.decode()
        assert [*answer.context["adminform"].form.errors] == ["renewal_months"]
        assert not Contract.objects.filter(external_id="new").exists()

    def test_what_ends_by_itself_shows_its_cancellation(self, client: Client, alpha: House) -> None:
        ending = {**self.term, "renewal": "none", "renewal_months": ""}
        added(client, "contract", {**posted(alpha)["contract"], **ending})
        contract = Contract.objects.get(external_id="new")

        added(client, "subscription", {**posted(alpha)["subscription"], "contract": contract.pk})

        made = Subscription.objects.get(external_id="new")
        assert made.changes.get(kind="cancel").effective_on == date(2027, 1, 1)
        assert made.changes.get(kind="start").quantity == Decimal(2)
