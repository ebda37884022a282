"""Owed minus charged, line by line."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from billing.pricing.difference import Charged, difference
from billing.pricing.owed import Owed, owed
from tests.pure.story import Story, day, plan, price

PLAN = plan("p", "31.00")
PRICES = {item.id: item for item in PLAN.prices}


def january() -> Owed:
    story = Story().do("2026-01-01", "start", PLAN)
    return owed(story.timeline, until=day("2026-01-01"))[0]


def charged(starts_on: str, ends_on: str, amount_minor: int, **terms: object) -> Charged:
    charge = Charged(
        price_id="p.base",
        stretch_starts_on=day("2026-01-01"),
        starts_on=day(starts_on),
        ends_on=day(ends_on),
        quantity=Decimal(1),
        amount_minor=amount_minor,
        is_credit=amount_minor < 0,
    )
    return replace(charge, **terms)


def corrected(item: Owed, *charges: Charged) -> list[tuple[str, str, int, bool]]:
    lines = difference([item], charges, prices=PRICES)
    return [(str(x.starts_on), str(x.ends_on), x.amount_minor, x.is_credit) for x in lines]


class TestDifference:
    def test_what_agrees_needs_no_line(self):
        assert corrected(january(), charged("2026-01-01", "2026-02-01", 3100)) == []

    def test_the_missing_rest_is_charged(self):
        lines = corrected(january(), charged("2026-01-01", "2026-01-11", 1000))

        assert lines == [("2026-01-11", "2026-02-01", 2100, False)]

    def test_an_amount_that_is_wrong_is_corrected_over_the_whole_stretch(self):
        lines = corrected(january(), charged("2026-01-01", "2026-02-01", 3500))

        assert lines == [("2026-01-01", "2026-02-01", -400, True)]

    def test_a_correction_of_the_amount_does_not_uncover_the_days(self):
        days = structs.replace(january(), ends_on=day("2026-01-11"), amount_minor=1000)
        charges = (
            charged("2026-01-01", "2026-02-01", 3500),
            charged("2026-01-01", "2026-02-01", -400),
        )

        assert corrected(days, *charges) == [("2026-01-11", "2026-02-01", -2100, True)]

    def test_a_rest_given_back_can_be_charged_again(self):
        charges = (
            charged("2026-01-01", "2026-02-01", 3100),
            charged("2026-01-11", "2026-02-01", -2100),
        )

        assert corrected(january(), *charges) == [("2026-01-11", "2026-02-01", 2100, False)]

    def test_a_stretch_given_back_wholly_is_charged_anew(self):
        charges = (
            charged("2026-01-01", "2026-02-01", 3100),
            charged("2026-01-01", "2026-02-01", -3100),
        )

        assert corrected(january(), *charges) == [("2026-01-01", "2026-02-01", 3100, False)]

    def test_after_being_given_back_wholly_no_day_is_covered(self):
        charges = (
            charged("2026-01-01", "2026-01-11", 1000),
            charged("2026-01-01", "2026-01-11", -1000),
        )

        assert corrected(january(), *charges) == [("2026-01-01", "2026-02-01", 3100, False)]

    def test_another_quantity_is_another_stretch(self):
        lines = corrected(january(), charged("2026-01-01", "2026-02-01", 6200, quantity=Decimal(2)))

        assert lines == [
            ("2026-01-01", "2026-02-01", -6200, True),
            ("2026-01-01", "2026-02-01", 3100, False),
        ]

    def test_a_charge_of_a_price_nobody_knows_is_not_passed_over(self):
        with pytest.raises(KeyError):
            difference([], [charged("2026-01-01", "2026-02-01", 1)], prices={})

    def test_lines_come_by_stretch_then_code_then_credits_first(self):
        a, b = (plan(code, "31.00", price("extra", "3.10")) for code in ("a", "b"))
        story = Story().do("2026-01-01", "start", a).do("2026-01-01", "change_plan", b)

        story.bill("2026-01-01")

        assert [(x.price.id, x.is_credit) for x in story.documents[1].lines] == [
            ("a.base", True),
            ("b.base", False),
            ("a.extra", True),
            ("b.extra", False),
        ]


class TestExplanation:
    def test_it_recomputes_the_amount(self):
        story = (
            Story().do("2026-01-01", "start", PLAN).do("2026-01-11", "cancel").bill("2026-01-31")
        )

        why = json.loads(json.dumps(story.documents[1].lines[0].explanation))

        share = Decimal(why["full_price"]) * why["share_used"] / why["share_whole"]
        assert share * 100 == why["owed_minor"] == 1000
        assert why["owed_minor"] - why["charged_before_minor"] == -2100
        assert (why["days_used"], why["days_of_period"]) == (10, 31)
        assert (why["change_id"], why["ended_by_change_id"]) == ("c1", "c2")

    def test_decimals_are_plain_text(self):
        thousand = plan("k", price(unit_price="1E+3"))
        story = Story().do("2026-01-01", "start", thousand, quantity="1E+1").bill("2026-01-01")

        why = story.documents[0].lines[0].explanation

        assert (why["unit_price"], why["quantity"], why["full_price"]) == ("1000", "10", "10000")


class TestOwed:
    def test_a_window_holds_what_starts_in_it(self):
        story = Story().do("2026-01-01", "start", PLAN)

        whole = owed(story.timeline, until=day("2026-04-01"))
        window = owed(story.timeline, until=day("2026-04-01"), since=day("2026-03-01"))

        assert window == whole[2:]
        assert [str(item.starts_on) for item in window] == ["2026-03-01", "2026-04-01"]

    def test_half_a_cent_is_rounded_up_once(self):
        p = plan("p", "1999.95")
        story = Story().do("2016-06-01", "start", p).do("2016-06-04", "cancel").bill("2016-06-04")

        assert story.total_minor == 20000  # KB-BX-008: 1999.95 x 3/30 = 199.995


class TestConcessions:
    WHOLE = charged("2026-01-01", "2026-02-01", 3100)

    def conceded(self, amount_minor: int) -> Charged:
        return replace(charged("2026-01-01", "2026-02-01", -amount_minor), is_concession=True)

    def test_what_was_conceded_is_not_charged_again(self):
        assert corrected(january(), self.WHOLE, self.conceded(500)) == []

    def test_a_credit_leaves_what_was_conceded(self):
        half = structs.replace(january(), ends_on=day("2026-01-16"), amount_minor=1500)

        lines = corrected(half, self.WHOLE, self.conceded(2000))

        # 31.00 - 20.00 are left: of the 16.00 that aren't owed any more, 11.00 can be given back.
        assert lines == [("2026-01-16", "2026-02-01", -1100, True)]

    def test_nothing_owed_any_more_gives_back_what_is_left(self):
        (line,) = difference([], [self.WHOLE, self.conceded(2000)], prices=PRICES)

        assert line.amount_minor == -1100
        assert (line.explanation["owed_minor"], line.explanation["conceded_minor"]) == (2000, 2000)

    def test_all_conceded_leaves_nothing_to_give_back(self):
        assert difference([], [self.WHOLE, self.conceded(3100)], prices=PRICES) == ()

    def test_owed_again_it_is_charged_from_what_was_given_back_on(self):
        credit = charged("2026-01-16", "2026-02-01", -1100)

        lines = corrected(january(), self.WHOLE, self.conceded(2000), credit)

        assert lines == [("2026-01-16", "2026-02-01", 1100, False)]
