"""Which VAT holds, and the totals of a document."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.tax_area import EU_COUNTRIES
from billing.pricing.tax_rates import TAX_RATES
from billing.pricing.taxes import (
    WITHOUT_RATE,
    CustomerKind,
    Parties,
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


def decided(
    tax_class: str = "standard", on: date = date(2026, 2, 3), rates=TAX_RATES, **parties
) -> Tax:
    """By default the tax on what a German seller supplies to a German business."""
    values = {
        "seller_country": "DE",
        "oss": False,
        "customer_country": "DE",
        "kind": CustomerKind.BUSINESS,
        "has_valid_vat_id": False,
        **parties,
    }
    return decide_tax(parties=Parties(**values), tax_class=tax_class, supplied_on=on, rates=rates)


def shown(tax: Tax) -> str:
    return f"{tax.category} {tax.percent}"


FRENCH_BUSINESS = {"customer_country": "FR", "has_valid_vat_id": True}
FRENCH_CONSUMER = {"customer_country": "FR", "kind": CustomerKind.CONSUMER}
BY_OSS = {**FRENCH_CONSUMER, "oss": True}
SWISS = {"customer_country": "CH"}
# Who buys of a German seller, and what he pays by class of tax.
DECIDED = [
    ({}, {"standard": "S 19", "reduced": "S 7", "zero": "Z 0", "exempt": "E 0"}),
    ({"oss": True, "has_valid_vat_id": True}, {"standard": "S 19", "zero": "Z 0"}),
    ({"kind": CustomerKind.CONSUMER}, {"standard": "S 19", "reduced": "S 7"}),
    (
        FRENCH_BUSINESS,
        {"standard": "AE 0", "reduced": "AE 0", "zero": "AE 0", "exempt": "E 0"},
    ),
    ({**FRENCH_BUSINESS, "oss": True}, {"standard": "AE 0", "exempt": "E 0"}),
    ({"customer_country": "FR"}, {"standard": "S 19", "reduced": "S 7", "exempt": "E 0"}),
    ({"customer_country": "FR", "oss": True}, {"standard": "S 20", "reduced": "S 5.5"}),
    (FRENCH_CONSUMER, {"standard": "S 19", "reduced": "S 7", "zero": "Z 0", "exempt": "E 0"}),
    ({**FRENCH_CONSUMER, "has_valid_vat_id": True}, {"standard": "S 19"}),
    (BY_OSS, {"standard": "S 20", "reduced": "S 5.5", "zero": "Z 0", "exempt": "E 0"}),
    ({**BY_OSS, "customer_country": "MC"}, {"standard": "S 20"}),  # Monaco is France's.
    ({**FRENCH_BUSINESS, "customer_country": "MC"}, {"standard": "AE 0"}),
    ({**FRENCH_BUSINESS, "customer_country": "GR"}, {"standard": "AE 0"}),
    ({**BY_OSS, "customer_country": "DK"}, {"standard": "S 25", "reduced": "S 25"}),
    (SWISS, {"standard": "O 0", "reduced": "O 0", "zero": "O 0", "exempt": "O 0"}),
    ({**SWISS, "has_valid_vat_id": True}, {"standard": "O 0", "exempt": "O 0"}),
    ({**SWISS, "kind": CustomerKind.CONSUMER, "oss": True}, {"standard": "O 0", "zero": "O 0"}),
    ({**FRENCH_BUSINESS, "customer_country": "GB"}, {"standard": "O 0"}),
    ({**FRENCH_CONSUMER, "customer_country": "AX"}, {"standard": "O 0"}),  # Åland
]


class TestDecideTax:
    @pytest.mark.parametrize(
        ("parties", "tax_class", "wanted"),
        [(who, name, tax) for who, taxes in DECIDED for name, tax in taxes.items()],
    )
    def test_the_parties_and_the_class_decide(self, parties, tax_class, wanted):
        assert shown(decided(tax_class, **parties)) == wanted

    def test_a_seller_in_monaco_is_at_home_in_france(self):
        assert shown(decided(seller_country="MC", customer_country="FR")) == "S 20"

    @pytest.mark.parametrize(
        ("country", "on", "percent"),
        [
            ("DE", date(2020, 6, 30), "19"),
            ("DE", date(2020, 7, 1), "16"),
            ("DE", date(2020, 12, 31), "16"),
            ("DE", date(2021, 1, 1), "19"),
            ("IE", date(2020, 8, 31), "23"),
            ("IE", date(2020, 9, 1), "21"),
            ("IE", date(2021, 2, 28), "21"),
            ("IE", date(2021, 3, 1), "23"),
            ("LU", date(2022, 12, 31), "17"),
            ("LU", date(2023, 1, 1), "16"),
            ("LU", date(2024, 1, 1), "17"),
            ("EE", date(2023, 12, 31), "20"),
            ("EE", date(2024, 1, 1), "22"),
            ("EE", date(2025, 7, 1), "24"),
            ("FI", date(2024, 8, 31), "24"),
            ("FI", date(2024, 9, 1), "25.5"),
            ("SK", date(2024, 12, 31), "20"),
            ("SK", date(2025, 1, 1), "23"),
            ("RO", date(2025, 7, 31), "19"),
            ("RO", date(2025, 8, 1), "21"),
        ],
    )
    def test_the_rate_is_that_of_the_day(self, country, on, percent):
        for_a_consumer = {"oss": True, "customer_country": country, "kind": CustomerKind.CONSUMER}

        assert decided(on=on, **for_a_consumer).percent == Decimal(percent)

    @pytest.mark.parametrize(
        ("tax_class", "on"), [("standard", date(2006, 12, 31)), ("luxury", date(2026, 1, 1))]
    )
    def test_without_a_rate_it_says_which_is_missing(self, tax_class, on):
        with pytest.raises(TaxDataMissing, match=f"DE, class {tax_class}, on {on}"):
            decided(tax_class, on)

    def test_a_seller_outside_the_eu_needs_a_rate(self):
        swiss = {"seller_country": "CH", "customer_country": "CH"}
        recorded = TaxRate(
            country="CH",
            tax_class="standard",
            category="S",
            percent=Decimal("8.1"),
            valid_from=date(2024, 1, 1),
            valid_until=None,
        )

        assert shown(decided(rates=[recorded], **swiss)) == "S 8.1"
        with pytest.raises(TaxDataMissing, match="CH, class standard"):
            decided(**swiss)

    @pytest.mark.parametrize("customer", ["DE", "US"])
    def test_a_seller_outside_the_eu_sells_at_home_only(self, customer):
        with pytest.raises(TaxNotDecided, match=f"from CH to {customer} crosses a border"):
            decided(seller_country="CH", customer_country=customer)

    def test_what_bears_no_tax_says_why(self):
        reverse, outside = decided(**FRENCH_BUSINESS), decided(**SWISS)

        assert (reverse.exemption_code, reverse.exemption_text) == ("VATEX-EU-AE", "Reverse charge")
        assert outside.exemption_code == "VATEX-EU-O"
        assert decided("exempt").exemption_text == "Exempt from VAT"
        assert decided().exemption_code == decided().exemption_text == ""

    def test_a_stored_category_tells_its_reason(self):
        assert WITHOUT_RATE["AE"].exemption_code == "VATEX-EU-AE"
        assert "S" not in WITHOUT_RATE


class TestRates:
    @pytest.mark.parametrize("tax_class", ["standard", "reduced"])
    @pytest.mark.parametrize("country", sorted(EU_COUNTRIES))
    def test_every_country_of_the_eu_has_one_rate_a_day(self, country, tax_class):
        mine = [r for r in TAX_RATES if (r.country, r.tax_class) == (country, tax_class)]

        assert mine[0].valid_from <= date(2013, 7, 1)
        assert [rate.valid_until for rate in mine[:-1]] == [rate.valid_from for rate in mine[1:]]
        assert mine[-1].valid_until is None
        assert all(rate.source and 5 <= rate.percent <= 27 for rate in mine)

    def test_the_rates_of_today_in_the_order_of_countries(self):
        on = date(2026, 7, 1)
        rates = {(r.country, r.tax_class): str(r.percent) for r in TAX_RATES if r.holds_on(on)}

        assert " ".join(rates[country, "standard"] for country in sorted(EU_COUNTRIES)) == (
            # AT BE BG CY CZ DE DK EE ES FI FR GR HR HU
            "20 21 20 19 21 19 25 24 21 25.5 20 24 25 27 "
            # IE IT LT LU LV MT NL PL PT RO SE SI SK
            "23 22 21 17 21 18 21 23 23 21 25 22 23"
        )


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
