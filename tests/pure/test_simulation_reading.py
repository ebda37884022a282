"""What a scenario says, as values."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.pricing.prices import AppliesTo, PriceKind, Rounding, Timing
from billing.pricing.terms import ChangeKind, Credit, Discount, When
from billing.simulation.reading import read_json, scenario_of
from billing.simulation.scenario import Grouping, SellerTerms, TermMonths
from tests.pure.telling import TEXT, body, of_text, with_price, with_row, with_top, with_usage


class TestParties:
    def test_by_default_a_german_company_sells_to_another(self):
        scenario = of_text(TEXT)

        assert scenario.seller == SellerTerms()
        assert (scenario.customer.country, scenario.customer.kind) == ("DE", "business")
        assert scenario.contract.grouping is Grouping.PER_EVENT

    def test_the_country_norway_is_no_truth_value(self):
        for head in ("", "%YAML 1.1\n---\n"):
            scenario = of_text(f"{head}{with_top('seller: {country: NO, currency: NOK}')}")

            assert scenario.seller.country == "NO"
            assert scenario.timeline[0].on == date(2026, 1, 1)

    def test_a_vat_id_that_is_none_is_kept(self):
        scenario = of_text(with_top("customer: {country: FR, vat_id: nonsense}"))

        assert scenario.customer.vat_id == "nonsense"

    def test_a_term_without_renewal_goes_on_for_ever(self):
        for renewal in ("renewal_months: null, ", ""):
            term = f"{{initial_months: 12, {renewal}notice_months: 3}}"
            scenario = of_text(with_top(f"contract: {{grouping: monthly, term: {term}}}"))

            expected = TermMonths(initial_months=12, renewal_months=None, notice_months=3)
            assert scenario.contract.term == expected


class TestNumbers:
    @pytest.mark.parametrize("written", ['"0.10"', "0.10", "0.1", '"+0.1"'])
    def test_they_are_exact_with_and_without_quotes(self, written):
        price = of_text(TEXT.replace("0.10", written)).plans["basic"].prices[1]

        assert price.unit_price == Decimal("0.1")

    def test_no_digit_is_lost_to_a_binary_number(self):
        text = TEXT.replace("0.10", "0.123456789012").replace('"30.00"', "123456789012.10")

        prices = of_text(text).plans["basic"].prices

        assert str(prices[1].unit_price) == "0.123456789012"
        assert str(prices[0].amount) == "123456789012.10"

    def test_json_says_the_same_as_yaml(self):
        plans = {
            "basic": {
                "interval": "month",
                "prices": [{"code": "base", "charge": "recurring", "model": "flat", "amount": 30}],
            }
        }

        read = scenario_of(read_json(body(plans=plans)))

        assert read.plans["basic"].prices[0].amount == Decimal(30)
        assert read.timeline[0].on == date(2026, 1, 1)


class TestPrices:
    def test_what_is_recurring_is_in_advance_and_usage_in_arrears(self):
        plans = of_text(TEXT).plans

        assert plans["pro"].prices[0].timing is Timing.ADVANCE
        assert plans["basic"].prices[1].timing is Timing.ARREARS
        assert plans["basic"].prices[1].kind is PriceKind.USAGE
        assert plans["basic"].prices[1].meter == of_text(TEXT).meters["calls"]

    def test_versions_of_a_code_are_told_apart_by_their_first_day(self):
        later = (
            '{code: base, charge: recurring, model: flat, amount: "35", valid_from: 2026-03-01,'
            " applies_to: at_once, tax: reduced, tax_included: true}"
        )

        price = of_text(with_price(later)).plans["basic"].prices[2]

        assert price.id == "basic.base@2026-03-01"
        assert (price.code, price.applies_to) == ("base", AppliesTo.AT_ONCE)
        assert (price.tax_class, price.tax_included) == ("reduced", True)
        assert of_text(TEXT).plans["basic"].prices[0].id == "basic.base"

    def test_a_package_a_percentage_and_tiers_are_read_whole(self):
        package = "{code: p, charge: usage, meter: calls, model: package, size: 10, amount: 5,"
        text = with_price(f"{package} free_units: 3, round: down, filters: {{region: [eu, 5]}}}}")
        tiers = "[{up_to: 10, unit_price: 1, flat: 2}, {up_to: null, unit_price: 0.5}]"
        tiered = (
            f"{{code: t, charge: recurring, model: graduated, tiers: {tiers}, group_by: [a]}}"
        ).replace(", group_by: [a]", "")

        price = of_text(text).plans["basic"].prices[2]
        rows = of_text(with_price(tiered)).plans["basic"].prices[2].tiers

        assert (price.size, price.free_units, price.round) == (10, 3, Rounding.DOWN)
        assert price.filters == (("region", ("eu", "5")),)
        assert [(tier.up_to, tier.unit_price, tier.flat) for tier in rows] == [
            (10, 1, 2),
            (None, Decimal("0.5"), 0),
        ]


class TestTimeline:
    def test_a_row_is_recorded_on_its_day_if_it_says_nothing_else(self):
        rows = of_text(with_row("{on: 2026-01-20, do: cancel, recorded: 2026-01-10}")).timeline

        assert [row.recorded_on for row in rows] == [date(2026, 1, 1), date(2026, 1, 10)]
        assert rows[1].where == "a.yaml:17"
        assert (rows[1].kind, rows[1].credit, rows[1].when) == (
            ChangeKind.CANCEL,
            Credit.PRORATED,
            When.NOW,
        )

    def test_rows_stand_in_the_order_of_recording_those_of_a_day_as_told(self):
        later = '{on: 2026-01-02, do: change_quantity, quantity: "2", recorded: 2026-01-09}'
        text = with_row(f'{later}\n  - {{on: 2026-01-09, do: change_quantity, quantity: "3"}}')
        text = text.replace(
            "\nusage:", '\n  - {on: 2026-01-05, do: change_quantity, quantity: "4"}\nusage:'
        )

        assert [row.quantity for row in of_text(text).timeline] == [None, 4, 2, 3]

    def test_discounts_and_overrides_say_what_they_reduce(self):
        discount = "{on: 2026-01-02, do: discount, percent: 10, periods: 2, prices: [base]}"
        override = "{on: 2026-01-03, do: override_price, price: base, amount: 20}"

        rows = of_text(with_row(f"{discount}\n  - {override}")).timeline

        expected = Discount(percent=Decimal(10), periods=2, price_codes=("base",))
        assert rows[1].discount == expected
        assert rows[2].override is not None
        assert (rows[2].override.price_code, rows[2].override.amount) == ("base", 20)

    def test_an_unnamed_row_belongs_to_the_only_subscription(self):
        text = TEXT.replace("plan: basic}", "plan: basic, subscription: main}")

        rows = of_text(
            text.replace("\nusage:", "\n  - {on: 2026-01-09, do: pause}\nusage:")
        ).timeline

        assert {row.subscription for row in rows} == {"main"}


class TestUsage:
    def test_a_record_is_known_on_its_day_in_the_seller_s_zone(self):
        (used,) = of_text(TEXT.replace("01-05T10:00:00+01:00", "01-05T23:30:00Z")).usage

        assert used.record.at == datetime(2026, 1, 5, 23, 30, tzinfo=UTC)
        assert used.record.recorded_on == date(2026, 1, 6)

    def test_a_record_told_twice_counts_once(self):
        again = '{at: "2026-01-05T09:00:00Z", meter: calls, value: "120.0", key: u-1}'

        assert len(of_text(with_usage(again)).usage) == 1

    def test_the_same_key_of_another_meter_is_another_record(self):
        other = '{at: "2026-01-05T09:00:00Z", meter: jobs, key: u-1}'

        assert [used.record.value for used in of_text(with_usage(other)).usage] == [120, 1]

    def test_a_record_belongs_to_the_only_subscription_that_has_its_meter(self):
        rows = "{on: 2026-01-01, do: start, plan: pro, subscription: b}"
        text = with_row(rows).replace("plan: basic}", "plan: basic, subscription: a}")

        assert [used.subscription for used in of_text(text).usage] == ["a"]

    def test_properties_are_text_however_they_are_written(self):
        row = '{at: "2026-01-05T09:00:00Z", meter: calls, key: u-2, properties: '
        used = of_text(with_usage(f"{row}{{a: 1.50, b: true, c: x}}}}")).usage[1]

        assert used.record.properties == {"a": "1.50", "b": "true", "c": "x"}


class TestExpectation:
    def test_it_has_the_form_of_the_output_with_numbers(self):
        lines = "lines: [{price: base, start: 2026-01-01, end: null, net: 30}]"
        text = with_top(f"expect: {{invoices: [{{date: 2026-01-01, net: '30.00', {lines}}}]}}")

        line = {"price": "base", "start": "2026-01-01", "end": None, "net": Decimal(30)}
        assert of_text(text).expect == {
            "invoices": [{"date": "2026-01-01", "net": Decimal(30), "lines": [line]}]
        }
