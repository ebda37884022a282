"""Which VAT holds, and the totals of a document."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.parties import Parties, Registration, SmallBusiness, parties_as_printed
from billing.pricing.tax_area import EU_COUNTRIES
from billing.pricing.tax_decision import decide_tax
from billing.pricing.tax_overrides import Override
from billing.pricing.tax_rates import TAX_RATES
from billing.pricing.taxes import (
    CustomerKind,
    Supply,
    SupplyKind,
    Tax,
    TaxClass,
    TaxDataMissing,
    TaxedLine,
    TaxNotDecided,
    TaxRate,
    TaxTotal,
    totals,
)

STANDARD = Tax("S", Decimal(19))
REDUCED = Tax("S", Decimal(7))
EXEMPT = Tax("E", Decimal(0))


def decided(
    tax_class: str = "standard",
    on: date = date(2026, 2, 3),
    rates=TAX_RATES,
    overrides=(),
    supply=None,
    **parties,
) -> Tax:
    """By default the tax on a digital service of a German seller to a German business."""
    values = {
        "seller_country": "DE",
        "oss": False,
        "customer_country": "DE",
        "kind": CustomerKind.BUSINESS,
        "has_valid_vat_id": False,
        **parties,
    }
    return decide_tax(
        parties=Parties(**values),
        supply=Supply(tax_class=tax_class, **(supply or {})),
        supplied_on=on,
        rates=rates,
        overrides=overrides,
    )


def shown(tax: Tax) -> str:
    return f"{tax.category} {tax.percent}"


FRENCH_BUSINESS = {"customer_country": "FR", "has_valid_vat_id": True}
FRENCH_CONSUMER = {"customer_country": "FR", "kind": CustomerKind.CONSUMER}
BY_OSS = {**FRENCH_CONSUMER, "oss": True}
SWISS = {"customer_country": "CH"}
GOODS = {"supply": {"kind": SupplyKind.GOODS}}
SERVICE = {"supply": {"kind": SupplyKind.SERVICE}}
SWISS_CONSUMER = {**SWISS, "kind": CustomerKind.CONSUMER}
SMALL = SmallBusiness(valid_from=date(2020, 1, 1))
FRENCH_NUMBER = Registration(country="FR", vat_id="FR40303265045", valid_from=date(2020, 1, 1))


def override(**terms) -> Override:
    """An override of everything to 3 %."""
    values = {"id": "o", "category": "S", "percent": Decimal(3), "valid_from": date(2020, 1, 1)}
    values = {**values, **terms}
    if values["category"] != "S":
        values["percent"] = Decimal(0)
    return Override(**values)


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

    def test_wherever_the_seller_is_businesses_in_the_union_owe_tax_on_services(self):
        swiss = {"seller_country": "CH", **FRENCH_BUSINESS}
        registered = {**swiss, "registrations": (FRENCH_NUMBER,)}

        assert shown(decided(**swiss)) == "AE 0"
        assert shown(decided(**registered)) == "AE 0"
        for who in (swiss, registered):
            with pytest.raises(TaxNotDecided):
                decided(**who, **GOODS)

    def test_what_bears_no_tax_says_why(self):
        reverse, outside = decided(**FRENCH_BUSINESS), decided(**SWISS)

        assert (reverse.exemption_code, reverse.exemption_text) == ("VATEX-EU-AE", "Reverse charge")
        assert outside.exemption_code == "VATEX-EU-O"
        assert decided("exempt").exemption_text == "Exempt from VAT"
        assert decided().exemption_code == decided().exemption_text == ""

    @pytest.mark.parametrize(
        ("given", "code", "text"),
        [
            (FRENCH_BUSINESS, "VATEX-EU-AE", "Steuerschuldnerschaft des Leistungsempfängers"),
            (SWISS, "VATEX-EU-O", "Im Inland nicht steuerbare Leistung"),
            ({**FRENCH_BUSINESS, **GOODS}, "VATEX-EU-IC", "innergemeinschaftliche Lieferung"),
            ({**SWISS, **GOODS}, "VATEX-EU-G", "Steuerfreie Ausfuhrlieferung"),
            ({"tax_class": "reverse_charge"}, "VATEX-EU-AE", "(§ 13b UStG)"),
            ({"small_business": SMALL}, "", "Kleinunternehmer gemäß § 19 UStG"),
            ({"tax_class": "exempt"}, "", "Umsatzsteuerfreie Leistung"),
        ],
    )
    def test_the_reason_is_told_in_german_too(self, given, code, text):
        tax = decided(locale="de", **given)

        assert tax.exemption_code == code
        assert tax.exemption_text.endswith(text)

    def test_an_exemption_names_its_paragraph(self):
        supply = {"exemption_code": "VATEX-EU-132-1I"}

        tax = decided("exempt", supply=supply, locale="de")

        assert tax.exemption_text == "Steuerfrei nach § 4 Nr. 21 UStG (Bildungsleistungen)"
        assert decided("exempt", supply=supply).exemption_text == (
            "Exempt from VAT: § 4 no. 21 UStG (education)"
        )
        assert decided(
            "exempt", supply=supply, seller_country="AT", customer_country="AT"
        ).exemption_text == ("Exempt from VAT (Art. 132 of Directive 2006/112/EC)")

    def test_the_sellers_own_words_for_an_exemption_win(self):
        supply = {"exemption_text": "Steuerfrei nach § 4 Nr. 12 Buchst. a UStG"}

        assert decided("exempt", supply=supply).exemption_text == supply["exemption_text"]


class TestGoods:
    @pytest.mark.parametrize(
        ("given", "wanted"),
        [
            ({}, "S 19"),
            ({**FRENCH_BUSINESS}, "K 0"),
            ({**FRENCH_BUSINESS, "tax_class": "exempt"}, "E 0"),
            ({"customer_country": "FR"}, "S 19"),  # No VAT id.
            ({**FRENCH_CONSUMER}, "S 19"),
            ({**BY_OSS}, "S 20"),
            ({**SWISS}, "G 0"),
            ({**SWISS, "kind": CustomerKind.CONSUMER, "tax_class": "exempt"}, "G 0"),
            ({**FRENCH_CONSUMER, "customer_country": "AX"}, "G 0"),  # Åland
            # Where they are delivered counts.
            ({**FRENCH_BUSINESS, "goods_go_to": "DE"}, "S 19"),
            ({**FRENCH_BUSINESS, "goods_go_to": "AT"}, "K 0"),
            ({**FRENCH_BUSINESS, "goods_go_to": "CH"}, "G 0"),
            ({"has_valid_vat_id": True, "goods_go_to": "FR"}, "S 19"),  # A German VAT id.
            ({**SWISS, "has_valid_vat_id": True, "goods_go_to": "FR"}, "S 19"),  # A Swiss one.
            ({**FRENCH_CONSUMER, "oss": True, "goods_go_to": "AT"}, "S 20"),
            # Northern Ireland is in the Union for goods only.
            ({"customer_country": "GB", "has_valid_vat_id": True, "goods_go_to": "XI"}, "K 0"),
            ({"customer_country": "GB", "has_valid_vat_id": True, "goods_go_to": "GB"}, "G 0"),
            ({**BY_OSS, "customer_country": "GB", "goods_go_to": "XI"}, "S 20"),
        ],
    )
    def test_where_they_go_decides(self, given, wanted):
        assert shown(decided(**{**given, **GOODS})) == wanted

    def test_the_place_of_delivery_is_nothing_to_a_service(self):
        assert shown(decided(goods_go_to="CH")) == "S 19"
        assert shown(decided(customer_country="GB", goods_go_to="XI")) == "O 0"


class TestServices:
    """Those that aren't digital."""

    @pytest.mark.parametrize(
        ("given", "wanted"),
        [
            # To consumers they are supplied where the seller is: Art. 45, UStG § 3a (1).
            (FRENCH_CONSUMER, "S 19"),
            (BY_OSS, "S 19"),
            ({**BY_OSS, "tax_class": "reduced"}, "S 7"),
            ({**BY_OSS, "tax_class": "zero"}, "Z 0"),
            ({**BY_OSS, "customer_country": "MC"}, "S 19"),
            (SWISS_CONSUMER, "S 19"),
            ({**SWISS_CONSUMER, "tax_class": "exempt"}, "E 0"),
            ({**FRENCH_CONSUMER, "customer_country": "GB"}, "S 19"),
            ({**FRENCH_CONSUMER, "customer_country": "GB", "goods_go_to": "XI"}, "S 19"),
            ({**FRENCH_CONSUMER, "customer_country": "AX"}, "S 19"),  # Åland
            ({"customer_country": "FR", "oss": True}, "S 19"),  # No VAT id: like a consumer.
            ({**FRENCH_CONSUMER, "registrations": (FRENCH_NUMBER,)}, "S 19"),  # No establishment.
            ({**BY_OSS, "small_business": SMALL}, "E 0"),  # Supplied where § 19 UStG holds.
            ({**SWISS_CONSUMER, "small_business": SMALL}, "E 0"),
            ({**BY_OSS, "tax_class": "reverse_charge"}, "S 19"),
            ({"customer_country": "FR", "tax_class": "reverse_charge"}, "S 19"),
            # To businesses where those are: Art. 44, UStG § 3a (2).
            (FRENCH_BUSINESS, "AE 0"),
            ({**FRENCH_BUSINESS, "small_business": SMALL}, "AE 0"),
            (SWISS, "O 0"),
            ({"customer_country": "GB"}, "O 0"),
            ({**FRENCH_BUSINESS, "seller_country": "CH"}, "AE 0"),
            ({"tax_class": "reverse_charge"}, "AE 0"),
            ({}, "S 19"),
        ],
    )
    def test_who_buys_decides(self, given, wanted):
        tax = decided(**given, **SERVICE)

        assert (shown(tax), tax.seller_vat_id) == (wanted, "")

    @pytest.mark.parametrize("registrations", [(), (FRENCH_NUMBER,)])
    def test_what_other_law_makes_of_them_is_not_known(self, registrations):
        with pytest.raises(TaxNotDecided, match="from CH to FR"):
            decided(seller_country="CH", registrations=registrations, **FRENCH_CONSUMER, **SERVICE)

    def test_an_override_for_the_consumers_country_decides(self):
        override_of_59 = override(category="O", country="CH")

        assert shown(decided(overrides=[override_of_59], **SWISS_CONSUMER, **SERVICE)) == "O 0"
        assert shown(decided(overrides=[override_of_59], **FRENCH_CONSUMER, **SERVICE)) == "S 19"


class TestReverseChargeAtHome:
    @pytest.mark.parametrize(
        ("given", "wanted"),
        [
            ({}, "AE 0"),
            ({"kind": CustomerKind.CONSUMER}, "S 19"),
            (FRENCH_BUSINESS, "AE 0"),
            (FRENCH_CONSUMER, "S 19"),
            (BY_OSS, "S 20"),
            (SWISS, "O 0"),
            ({"small_business": SMALL}, "E 0"),
        ],
    )
    def test_only_businesses_owe_it(self, given, wanted):
        assert shown(decided("reverse_charge", **given)) == wanted


class TestSmallBusiness:
    @pytest.mark.parametrize(
        ("given", "wanted"),
        [
            ({}, "E 0"),
            ({"tax_class": "zero"}, "E 0"),
            (FRENCH_CONSUMER, "E 0"),
            (FRENCH_BUSINESS, "AE 0"),  # Supplied in France, where § 19 UStG doesn't hold.
            (BY_OSS, "S 20"),
            (SWISS, "O 0"),
            ({**FRENCH_BUSINESS, **GOODS}, "E 0"),  # § 19 (1): no intra-community supply.
            ({**FRENCH_BUSINESS, **GOODS, "oss": True}, "E 0"),
            ({**SWISS, **GOODS}, "G 0"),
        ],
    )
    def test_it_charges_no_tax_at_home(self, given, wanted):
        assert shown(decided(small_business=SMALL, **given)) == wanted

    def test_it_is_one_for_a_time(self):
        for_a_year = SmallBusiness(valid_from=date(2025, 1, 1), valid_until=date(2026, 1, 1))

        shares = [
            shown(decided(on=on, small_business=for_a_year))
            for on in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1))
        ]

        assert shares == ["S 19", "E 0", "E 0", "S 19"]

    @pytest.mark.parametrize(
        ("country", "code", "text"),
        [
            ("AT", "", "Exempt from VAT: small business (§ 6 (1) no. 27 UStG 1994)"),
            ("FR", "VATEX-FR-FRANCHISE", "TVA non applicable, art. 293 B du CGI"),
            ("NL", "", "Exempt from VAT: small business (Art. 284 of Directive 2006/112/EC)"),
        ],
    )
    def test_each_country_has_its_words(self, country, code, text):
        tax = decided(seller_country=country, customer_country=country, small_business=SMALL)

        assert (tax.category, tax.exemption_code, tax.exemption_text) == ("E", code, text)

    def test_its_own_words_win(self):
        own = SmallBusiness(valid_from=date(2025, 1, 1), text="KOR: vrijgesteld van btw")

        assert decided(small_business=own).exemption_text == "KOR: vrijgesteld van btw"


class TestRegistrations:
    @pytest.mark.parametrize(
        ("given", "wanted", "vat_id"),
        [
            ({**FRENCH_CONSUMER}, "S 20", "FR40303265045"),
            ({**FRENCH_CONSUMER, "tax_class": "reduced"}, "S 5.5", "FR40303265045"),
            ({**FRENCH_CONSUMER, "tax_class": "exempt"}, "E 0", ""),
            ({"customer_country": "FR"}, "S 20", "FR40303265045"),  # A business without VAT id.
            (FRENCH_BUSINESS, "AE 0", ""),
            ({**FRENCH_BUSINESS, **GOODS}, "K 0", ""),
            ({**FRENCH_CONSUMER, **GOODS}, "S 20", "FR40303265045"),
            ({**FRENCH_CONSUMER, **GOODS, "goods_go_to": "AT"}, "S 19", ""),
            ({**FRENCH_CONSUMER, "small_business": SMALL}, "S 20", "FR40303265045"),
            ({**FRENCH_CONSUMER, "seller_country": "CH"}, "S 20", "FR40303265045"),
            ({**FRENCH_CONSUMER, "on": date(2019, 12, 31)}, "S 19", ""),
            ({}, "S 19", ""),
        ],
    )
    def test_consumers_there_pay_that_countrys_rate(self, given, wanted, vat_id):
        tax = decided(registrations=(FRENCH_NUMBER,), **given)

        assert (shown(tax), tax.seller_vat_id) == (wanted, vat_id)

    def test_outside_the_union_a_rate_must_be_recorded(self):
        swiss_number = Registration(
            country="CH", vat_id="CHE107787577MWST", valid_from=date(2020, 1, 1)
        )

        with pytest.raises(TaxDataMissing, match="CH, class standard"):
            decided(
                registrations=(swiss_number,), kind=CustomerKind.CONSUMER, customer_country="CH"
            )


class TestOverrides:
    def test_an_override_wins_and_is_named(self):
        tax = decided(overrides=[override(id="o-1", category="E", exemption_text="§ 4 Nr. 8")])

        assert (shown(tax), tax.override_id) == ("E 0", "o-1")
        assert tax.exemption_text == "§ 4 Nr. 8"

    def test_it_has_the_usual_reason_if_it_gives_none(self):
        tax = decided(overrides=[override(category="AE")], locale="de")

        assert tax.exemption_text == "Steuerschuldnerschaft des Leistungsempfängers"
        assert tax.exemption_code == "VATEX-EU-AE"

    @pytest.mark.parametrize(
        ("terms", "given", "wanted"),
        [
            ({"country": "FR"}, {}, "S 19"),
            ({"country": "FR"}, FRENCH_CONSUMER, "S 3"),
            ({"tax_class": "reduced"}, {}, "S 19"),
            ({"tax_class": "reduced"}, {"tax_class": "reduced"}, "S 3"),
            ({"product_id": "p"}, {}, "S 19"),
            ({"product_id": "p"}, {"supply": {"product_id": "p"}}, "S 3"),
            ({"valid_from": date(2026, 2, 4)}, {}, "S 19"),
            ({"valid_from": date(2026, 2, 3)}, {}, "S 3"),
            ({"valid_until": date(2026, 2, 3)}, {}, "S 19"),
            ({"valid_until": date(2026, 2, 4)}, {}, "S 3"),
        ],
    )
    def test_it_decides_what_it_names(self, terms, given, wanted):
        assert shown(decided(overrides=[override(**terms)], **given)) == wanted

    def test_the_one_that_names_most_decides(self):
        general, of_class, of_customer = (
            override(id="1"),
            override(id="2", tax_class="standard", percent=Decimal(4)),
            override(id="3", is_for_customer=True, percent=Decimal(5)),
        )

        assert shown(decided(overrides=[of_class, general])) == "S 4"
        assert shown(decided(overrides=[of_customer, of_class, general])) == "S 5"

    def test_it_decides_what_the_engine_can_not(self):
        assert shown(decided(seller_country="CH", overrides=[override()])) == "S 3"


class TestRates:
    @pytest.mark.parametrize(
        ("tax_class", "steps"),
        [
            ("solar", {"2020-12-31": "S 16", "2022-12-31": "S 19", "2023-01-01": "Z 0"}),
            ("heat", {"2022-09-30": "S 19", "2022-10-01": "S 7", "2024-04-01": "S 19"}),
            (
                "restaurant",
                {
                    "2020-06-30": "S 19",
                    "2020-07-01": "S 5",
                    "2021-01-01": "S 7",
                    "2024-01-01": "S 19",
                    "2026-01-01": "S 7",
                },
            ),
        ],
    )
    def test_what_german_law_names_by_itself(self, tax_class, steps):
        rates = {day: shown(decided(tax_class, date.fromisoformat(day))) for day in steps}

        assert rates == steps

    def test_the_other_reduced_rates_of_today(self):
        on = date(2026, 7, 1)
        rates = {
            (rate.country, rate.tax_class): f"{rate.percent}"
            for rate in TAX_RATES
            if rate.holds_on(on) and "duced" in rate.tax_class and rate.tax_class != "reduced"
        }
        by_class = {
            name: " ".join(f"{c} {p}" for (c, n), p in sorted(rates.items()) if n == name)
            for name in (TaxClass.SECOND_REDUCED, TaxClass.SUPER_REDUCED)
        }

        assert by_class == {
            "second_reduced": "AT 13 BE 12 CY 9 EE 13 FI 10 FR 10 GR 6 HR 13 HU 18 IE 9 IT 5 LT 5"
            " LU 14 LV 5 MT 7 PL 5 PT 13 SE 6 SI 5 SK 5",
            "super_reduced": "AT 4.9 CY 3 ES 4 FR 2.1 IE 4.8 IT 4 LU 3",
        }

    def test_a_rate_that_ended_is_missing(self):
        at_home = {"seller_country": "CZ", "customer_country": "CZ"}

        assert shown(decided("second_reduced", date(2023, 12, 31), **at_home)) == "S 10"
        with pytest.raises(TaxDataMissing, match="CZ, class second_reduced, on 2024-01-01"):
            decided("second_reduced", date(2024, 1, 1), **at_home)

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

    def test_three_gross_prices_of_999(self):
        document = totals([TaxedLine(999, STANDARD, True)] * 3, "EUR")

        assert document.gross_minor == 2997  # 29.97 / 1.19 = 25.1849
        assert (document.net_minor, document.tax_minor) == (2518, 479)
        assert document.line_nets == (840, 839, 839)

    def test_gross_prices_of_several_rates_are_kept(self):
        lines = [TaxedLine(999, STANDARD, True)] * 3 + [TaxedLine(199, REDUCED, True)] * 7

        document = totals(lines, "EUR")

        assert document.gross_minor == 2997 + 1393
        assert [(t.percent, t.base_minor, t.tax_minor) for t in document.taxes] == [
            (7, 1302, 91),  # 13.93 / 1.07 = 13.0187
            (19, 2518, 479),
        ]
        assert sum(document.line_nets) == document.net_minor

    def test_reasons_of_a_category_stand_side_by_side(self):
        school = Tax("E", Decimal(0), "VATEX-EU-132-1I", "Unterricht")
        doctor = Tax("E", Decimal(0), "VATEX-EU-132-1C", "Heilbehandlung")

        one = totals([TaxedLine(100, school, False)] * 2, "EUR").taxes[0]
        two = totals([TaxedLine(100, school, False), TaxedLine(50, doctor, False)], "EUR").taxes[0]

        assert (one.exemption_code, one.exemption_text) == ("VATEX-EU-132-1I", "Unterricht")
        assert (two.exemption_code, two.exemption_text) == ("", "Unterricht; Heilbehandlung")
        assert one.printed["exemption_text"] == "Unterricht"
        assert "exemption_code" not in two.printed

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


def between(seller: dict, customer: dict) -> Parties:
    """Parties as an invoice freezes them: a German seller and a business."""
    return parties_as_printed(
        {"country": "DE", "postcode": "10119", **seller},
        {"country": "DE", "kind": "business", "vat_id": "", **customer},
    )


def taxed(parties: Parties, kind: SupplyKind) -> str:
    return shown(
        decide_tax(
            parties=parties,
            supply=Supply(kind=kind),
            supplied_on=date(2026, 2, 3),
            rates=TAX_RATES,
        )
    )


class TestPartsOutsideTheUnion:
    @pytest.mark.parametrize(
        ("seller", "customer", "service", "goods"),
        [
            ({}, {"postcode": "10969"}, "S 19", "S 19"),
            ({}, {"postcode": "27498"}, "O 0", "G 0"),  # Heligoland
            ({}, {"postcode": "78266", "kind": "consumer"}, "S 19", "G 0"),  # Büsingen
            ({}, {"postcode": "78266"}, "O 0", "G 0"),
            ({"postcode": "27498"}, {"postcode": "27498"}, "S 19", "S 19"),
            ({}, {"country": "ES", "postcode": "35001", "kind": "consumer"}, "S 19", "G 0"),
            ({}, {"country": "ES", "postcode": "35001", "vat_id": "ESB58378431"}, "O 0", "G 0"),
            ({}, {"country": "ES", "postcode": "28001", "vat_id": "ESB58378431"}, "AE 0", "K 0"),
            ({}, {"country": "FR", "postcode": "97400"}, "O 0", "G 0"),  # La Réunion
            ({}, {"country": "FI", "postcode": "22 100"}, "O 0", "G 0"),  # Mariehamn
            ({}, {"country": "IT", "postcode": "23041"}, "O 0", "G 0"),  # Livigno
            # Their own country's law holds there too.
            ({"country": "FR"}, {"country": "FR", "postcode": "97400"}, "S 20", "S 20"),
            ({"country": "FI"}, {"country": "FI", "postcode": "22100"}, "S 25.5", "S 25.5"),
            ({"country": "ES"}, {"country": "ES", "postcode": "38001"}, "O 0", "G 0"),
            (
                {"country": "ES", "postcode": "38320"},
                {"country": "ES", "postcode": "38001"},
                "S 21",
                "S 21",
            ),
            (
                {"country": "ES", "postcode": "35001"},
                {"country": "ES", "postcode": "38001"},
                "S 21",
                "S 21",
            ),
            (
                {"country": "ES", "postcode": "35001"},
                {"country": "ES", "postcode": "51001"},  # Ceuta
                "O 0",
                "G 0",
            ),
            # Goods go where they are delivered.
            ({}, {"delivery": {"country": "DE", "postcode": "27498"}}, "S 19", "G 0"),
            ({}, {"postcode": "27498", "delivery": {"country": "DE"}}, "O 0", "S 19"),
            ({}, {"country": "GB", "postcode": "bt1 1aa"}, "O 0", "S 19"),  # No VAT id.
            ({}, {"country": "GB", "vat_id": "XI123456782"}, "O 0", "K 0"),
        ],
    )
    def test_postcodes_tell(self, seller, customer, service, goods):
        parties = between(seller, customer)

        assert taxed(parties, SupplyKind.SERVICE) == service
        assert taxed(parties, SupplyKind.GOODS) == goods

    def test_an_override_for_the_country_holds_there(self):
        parties = between({}, {"country": "ES", "postcode": "35001"})

        tax = decide_tax(
            parties=parties, supply=Supply(), supplied_on=date(2026, 2, 3), rates=TAX_RATES,
            overrides=[override(country="ES")],
        )  # fmt: skip

        assert shown(tax) == "S 3"
