"""Which VAT holds, and the totals of a document."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.taxes import (
    Tax,
    TaxDataMissing,
    TaxedLine,
    TaxNotDecided,
    TaxRate,
    TaxTotal,
    decide_tax,
    totals,
)

STANDARD = Tax("S", Decimal(19))
REDUCED = Tax("S", Decimal(7))
EXEMPT = Tax("E", Decimal(0))


def rate(percent: str, valid_from: date, valid_until: date | None, tax_class="standard") -> TaxRate:
    return TaxRate(
        country="DE",
        tax_class=tax_class,
        category="S",
        percent=Decimal(percent),
        valid_from=valid_from,
        valid_until=valid_until,
    )


# § 28 UStG: 16 % from July to December 2020.
RATES = (
    rate("19", date(2007, 1, 1), date(2020, 7, 1)),
    rate("16", date(2020, 7, 1), date(2021, 1, 1)),
    rate("19", date(2021, 1, 1), None),
    rate("7", date(2021, 1, 1), None, "reduced"),
)


def decided(tax_class: str = "standard", on: date = date(2026, 2, 3), customer: str = "DE") -> Tax:
    return decide_tax(
        seller_country="DE",
        customer_country=customer,
        tax_class=tax_class,
        supplied_on=on,
        rates=RATES,
    )


class TestDecideTax:
    @pytest.mark.parametrize(
        ("tax_class", "category", "percent"),
        [("standard", "S", 19), ("reduced", "S", 7), ("zero", "Z", 0), ("exempt", "E", 0)],
    )
    def test_a_domestic_supply_is_taxed_by_its_class(self, tax_class, category, percent):
        assert decided(tax_class) == Tax(category, Decimal(percent))

    @pytest.mark.parametrize(
        ("on", "percent"),
        [
            (date(2020, 6, 30), 19),
            (date(2020, 7, 1), 16),
            (date(2020, 12, 31), 16),
            (date(2021, 1, 1), 19),
        ],
    )
    def test_the_rate_is_that_of_the_day(self, on, percent):
        assert decided(on=on).percent == percent

    @pytest.mark.parametrize(
        ("tax_class", "on"), [("standard", date(2006, 12, 31)), ("luxury", date(2026, 1, 1))]
    )
    def test_without_a_rate_it_says_which_is_missing(self, tax_class, on):
        with pytest.raises(TaxDataMissing, match=f"DE, class {tax_class}, on {on}"):
            decided(tax_class, on)

    def test_a_customer_abroad_is_not_decided(self):
        with pytest.raises(TaxNotDecided, match="from DE to FR crosses a border"):
            decided(customer="FR")


class TestTotals:
    def test_a_taxed_and_an_untaxed_line(self):
        document = totals(
            [TaxedLine(20000, STANDARD, False), TaxedLine(2000, EXEMPT, False)], "EUR"
        )

        assert document.taxes == (  # TY-006: 200 at 19 %, 20 untaxed
            TaxTotal("E", Decimal(0), 2000, 0),
            TaxTotal("S", Decimal(19), 20000, 3800),
        )
        assert (document.net_minor, document.tax_minor, document.gross_minor) == (
            22000,
            3800,
            25800,
        )

    def test_tax_is_rounded_once_on_the_sum(self):
        document = totals([TaxedLine(3, STANDARD, False)] * 5, "EUR")

        assert document.tax_minor == 3  # 15 x 19 % = 2.85; a line alone: 0.57, five times 1

    def test_a_gross_price_is_kept_to_the_cent(self):
        document = totals([TaxedLine(10000, STANDARD, True)] * 5, "EUR")

        assert document.gross_minor == 50000  # PX-001: 500 / 1.19 = 420.168
        assert (document.net_minor, document.tax_minor) == (42017, 7983)
        assert document.line_nets == (8404, 8404, 8403, 8403, 8403)

    def test_ten_percent_inside_eight(self):
        tax = Tax("S", Decimal(10))

        assert totals([TaxedLine(800, tax, True)], "EUR").tax_minor == 73  # IN-011

    def test_net_and_gross_lines_of_one_rate_share_a_total(self):
        lines = [TaxedLine(10000, STANDARD, False), TaxedLine(11900, STANDARD, True)]

        document = totals(lines, "EUR")

        assert document.taxes == (TaxTotal("S", Decimal(19), 20000, 3800),)
        assert document.line_nets == (10000, 10000)

    def test_gross_lines_that_cancel_out_leave_nothing(self):
        lines = [TaxedLine(1000, STANDARD, True), TaxedLine(-1000, STANDARD, True)]

        assert totals(lines, "EUR").line_nets == (840, -840)
        assert totals(lines, "EUR").gross_minor == 0

    def test_a_document_without_lines_is_zero(self):
        assert totals([], "EUR").gross_minor == 0


LINES = st.lists(
    st.builds(
        TaxedLine,
        st.integers(-(10**7), 10**7),
        st.sampled_from([STANDARD, REDUCED, EXEMPT, Tax("S", Decimal("5.5"))]),
        st.booleans(),
    ),
    max_size=12,
)


class TestSums:
    @given(LINES)
    def test_base_and_tax_are_the_gross(self, lines):
        document = totals(lines, "EUR")

        assert document.net_minor == sum(document.line_nets)
        assert document.net_minor == sum(total.base_minor for total in document.taxes)
        assert document.tax_minor == sum(total.tax_minor for total in document.taxes)
        assert document.gross_minor == document.net_minor + document.tax_minor

    @given(LINES)
    def test_negated_lines_have_negated_totals(self, lines):
        document = totals(lines, "EUR")

        mirrored = totals([TaxedLine(-x.amount_minor, x.tax, x.tax_included) for x in lines], "EUR")

        assert mirrored.line_nets == tuple(-net for net in document.line_nets)
        assert mirrored.gross_minor == -document.gross_minor
        assert [t.tax_minor for t in mirrored.taxes] == [-t.tax_minor for t in document.taxes]

    @given(LINES)
    def test_only_gross_lines_keep_their_gross_sum(self, lines):
        gross = [TaxedLine(x.amount_minor, x.tax, True) for x in lines]

        assert totals(gross, "EUR").gross_minor == sum(x.amount_minor for x in gross)

    @given(LINES)
    def test_no_line_net_is_a_whole_cent_off(self, lines):
        for line, net in zip(lines, totals(lines, "EUR").line_nets, strict=True):
            exact = line.amount_minor / (1 + line.tax.percent / 100)
            assert abs(net - (exact if line.tax_included else line.amount_minor)) < 1
