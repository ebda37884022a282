"""At which tax credits take back what was charged."""

from dataclasses import replace
from decimal import Decimal

from billing.pricing.credits import TaxesCharged
from billing.pricing.difference import Charged, difference
from billing.pricing.owed import owed
from billing.pricing.taxes import Tax
from tests.pure.story import Story, day, plan

PLAN = plan("p", "31.00")
HOME = Tax("S", Decimal(19))
ABROAD = Tax("AE", Decimal(0))


def charged(starts_on: str, ends_on: str, amount_minor: int, tax: Tax | None) -> Charged:
    return Charged(
        price_id="p.base",
        stretch_starts_on=day("2026-01-01"),
        starts_on=day(starts_on),
        ends_on=day(ends_on),
        quantity=Decimal(1),
        amount_minor=amount_minor,
        is_credit=amount_minor < 0,
        tax=tax,
    )


def credits_(ends_on: str, *charges: Charged) -> list[tuple[str, str, int, Tax | None]]:
    """The lines if the subscription, charged so far, ends on a day."""
    story = Story().do("2026-01-01", "start", PLAN).do(ends_on, "cancel")
    owing = owed(story.timeline, until=day("2026-01-31"))
    lines = difference(owing, charges, prices={item.id: item for item in PLAN.prices})
    taxes = TaxesCharged(charges)
    parts = [part for line in lines for part in taxes.split(line, None)]
    for part in parts:
        why = part.explanation
        assert int(why["owed_minor"]) - int(why["charged_before_minor"]) == part.amount_minor
    return [(str(x.starts_on), str(x.ends_on), x.amount_minor, x.tax) for x in parts]


MONTH = charged("2026-01-01", "2026-02-01", 3100, HOME)
GIVEN_BACK = charged("2026-01-21", "2026-02-01", -1100, HOME)
AGAIN = charged("2026-01-21", "2026-02-01", 1100, ABROAD)


class TestTaxesCharged:
    def test_a_credit_has_the_tax_of_the_charge(self):
        assert credits_("2026-01-11", MONTH) == [("2026-01-11", "2026-02-01", -2100, HOME)]

    def test_what_waits_for_its_document_has_none_yet(self):
        waiting = replace(MONTH, tax=None)

        assert credits_("2026-01-11", waiting) == [("2026-01-11", "2026-02-01", -2100, None)]

    def test_the_latest_charge_is_taken_back_first(self):
        lines = credits_("2026-01-26", MONTH, GIVEN_BACK, AGAIN)

        assert lines == [("2026-01-26", "2026-02-01", -600, ABROAD)]

    def test_what_reaches_over_two_taxes_is_a_line_for_each(self):
        lines = credits_("2026-01-11", MONTH, GIVEN_BACK, AGAIN)

        assert lines == [
            ("2026-01-21", "2026-02-01", -1100, ABROAD),
            ("2026-01-11", "2026-01-21", -1000, HOME),
        ]

    def test_after_all_is_given_back_nothing_is_left_to_take(self):
        charges = MONTH, GIVEN_BACK, AGAIN, replace(AGAIN, amount_minor=-1100, is_credit=True)

        assert credits_("2026-01-11", *charges) == [("2026-01-11", "2026-01-21", -1000, HOME)]

    def test_new_charges_have_none(self):
        assert credits_("2026-01-21", charged("2026-01-01", "2026-01-11", 1000, HOME)) == [
            ("2026-01-11", "2026-01-21", 1000, None)
        ]

    def test_amounts_of_the_same_days_are_told_apart_by_tax(self):
        more = charged("2026-01-01", "2026-02-01", 400, ABROAD)

        lines = credits_("2026-01-11", MONTH, more)

        assert lines == [
            ("2026-01-01", "2026-02-01", -400, ABROAD),
            ("2026-01-11", "2026-02-01", -2100, HOME),
        ]
