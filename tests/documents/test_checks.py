"""Rules that only part of the profiles have, and what doesn't break every case."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from invoices.documents.checks import check
from invoices.documents.checks.schema import check_schema
from invoices.documents.profiles import Profile
from invoices.documents.semantic.codes import Category, Means, TypeCode
from invoices.documents.semantic.document import Delivery, Document, Note, Preceding, VatGroup
from invoices.documents.semantic.lines import AllowanceCharge, Item, Span, Vat
from invoices.documents.semantic.parties import (
    Address,
    Contact,
    Identifier,
    Payee,
    TaxRepresentative,
)
from invoices.documents.semantic.payment import (
    CreditTransfer,
    DirectDebit,
    PaymentInstructions,
    PaymentTerms,
)
from tests.documents.cases import CASES
from tests.documents.house import (
    BANK,
    CITY,
    DUTCH,
    EXEMPT,
    IBAN,
    OCTOBER,
    OUTSIDE_SCOPE,
    REVERSE_CHARGE,
    SELLER,
    STANDARD,
    document,
    line,
)

NOVEMBER = Span(first_day=date(2026, 11, 1), last_day=date(2026, 11, 30))
BACKWARDS = Span(first_day=date(2026, 11, 30), last_day=date(2026, 11, 1))
DISCOUNT = AllowanceCharge(amount=Decimal("5.00"), reason="Rabatt", vat=STANDARD)
DEBIT = DirectDebit(mandate="M", creditor_id="C", debited_account=IBAN)
TWO_ACCOUNTS = replace(BANK, transfers=BANK.transfers * 2)
UNEXPLAINED = AllowanceCharge(amount=Decimal(1), is_charge=True)
PLAIN = line("Strom", "10", "1.00")


def represented(name: str, country: str) -> Document:
    return plain(
        tax_representative=TaxRepresentative(name=name, vat_id="", address=Address(country=country))
    )


def rules(document: Document, profile: Profile = Profile.PEPPOL) -> set[str]:
    return {finding.rule for finding in check(document, profile)}


def plain(**more: Any) -> Document:
    return document([PLAIN], **more)


def discounted(**more: Any) -> Document:
    return plain(allowances_charges=(replace(DISCOUNT, **more),))


def contact(**said: str) -> Document:
    assert SELLER.contact
    return plain(seller=replace(SELLER, contact=replace(SELLER.contact, **said)))


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (discounted(percent=Decimal(5)), "PEPPOL-EN16931-R041"),
        (discounted(base=Decimal(100)), "PEPPOL-EN16931-R042"),
        (discounted(base=Decimal(101), percent=Decimal(5)), "PEPPOL-EN16931-R040"),
        (discounted(reason=""), "BR-33"),
        (discounted(reason="", is_charge=True), "BR-38"),
        (discounted(reason_code="999"), "BR-CL-19"),
        (discounted(reason_code="999", is_charge=True), "BR-CL-20"),
        (discounted(amount=Decimal("5.001")), "BR-DEC-01"),
        (discounted(vat=None), "BR-32"),
        (discounted(vat=Vat(Category.STANDARD, Decimal(0))), "BR-S-06"),
        (discounted(vat=Vat(Category.EXEMPT, Decimal(5)), is_charge=True), "BR-E-07"),
        (discounted(vat=REVERSE_CHARGE), "BR-AE-03"),
        (plain(notes=(Note(" "),)), "PEPPOL-EN16931-R008"),
        (plain(notes=(Note("Text", "NO1"),)), "BR-CL-08"),
        (plain(preceding=(Preceding(""),)), "BR-55"),
        (plain(period=BACKWARDS), "BR-29"),
        (plain(tax_currency="USD"), "BR-53"),
        (plain(vat_in_tax_currency=Decimal(2)), "BR-53"),
        (plain(tax_currency="EUR", vat_in_tax_currency=Decimal("1.90")), "PEPPOL-EN16931-R005"),
        (plain(tax_currency="USD", vat_in_tax_currency=Decimal(-2)), "PEPPOL-EN16931-R055"),
        (plain(seller=replace(SELLER, electronic_address=Identifier("1"))), "BR-62"),
        (plain(seller=replace(SELLER, electronic_address=Identifier("1", "1"))), "BR-CL-25"),
        (plain(seller=replace(SELLER, identifiers=(Identifier("1", "1"),))), "BR-CL-10"),
        (plain(seller=replace(SELLER, registration=Identifier("1", "1"))), "BR-CL-11"),
        (plain(buyer=replace(CITY, address=replace(CITY.address, country="XX"))), "BR-CL-14"),
        (plain(currency=""), "BR-05"),
        (plain(tax_currency="EUX", vat_in_tax_currency=Decimal(2)), "BR-CL-05"),
        (plain(tax_currency="USD", vat_in_tax_currency=Decimal("1.999")), "BR-DEC-15"),
        (plain(prepaid="0.001"), "BR-DEC-16"),
        (plain(rounding="0.001"), "BR-DEC-17"),
        (discounted(is_charge=True, amount=Decimal("0.001")), "BR-DEC-11"),
        (discounted(is_charge=True, vat=None), "BR-37"),
        (plain(buyer=replace(CITY, address=replace(CITY.address, country=""))), "BR-11"),
        (plain(buyer=replace(CITY, electronic_address=Identifier("1"))), "BR-63"),
        (plain(payment=replace(BANK, transfers=(CreditTransfer(account=" "),))), "BR-50"),
        (plain(payment=replace(TWO_ACCOUNTS, direct_debit=DEBIT)), "UBL-SR-55"),
        (plain(payee=Payee(name="F", identifier=Identifier("1", "1"))), "BR-CL-10"),
        (plain(payee=Payee(name="")), "BR-17"),
        (plain(delivery=None), "BR-DE-TMP-32"),
        (
            plain(
                tax_representative=TaxRepresentative(
                    name="Fiskal", vat_id="", address=Address(country="DE")
                )
            ),
            "BR-56",
        ),
        (
            plain(buyer=replace(CITY, electronic_address=Identifier("4000000000007", "0088"))),
            "PEPPOL-COMMON-R040",
        ),
    ],
)  # fmt: skip
def test_a_broken_document_names_its_rule(broken: Document, rule: str) -> None:
    assert rule in rules(broken)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (line("Strom", "1", "1", per="0", net=Decimal(1)), "PEPPOL-EN16931-R121"),
        (replace(PLAIN, net=Decimal("10.01")), "PEPPOL-EN16931-R120"),
        (replace(PLAIN, period=BACKWARDS), "BR-30"),
        (replace(PLAIN, unit=""), "BR-23"),
        (replace(PLAIN, allowances_charges=(UNEXPLAINED,)), "BR-44"),
        (replace(PLAIN, item=Item(name="A", standard_id=Identifier("4711"))), "BR-64"),
        (replace(PLAIN, item=Item(name="A", standard_id=Identifier("4711", "1"))), "BR-CL-21"),
        (replace(PLAIN, item=Item(name="A", origin_country="XX")), "BR-CL-15"),
        (replace(PLAIN, item=Item(name="A", attributes=(("Farbe", ""),))), "BR-54"),
        (
            line(
                "Strom", "1", "9", allowances_charges=(AllowanceCharge(amount=Decimal(1)),)
            ),
            "BR-42",
        ),
    ],
)  # fmt: skip
def test_a_broken_line_names_its_rule(broken: Any, rule: str) -> None:
    groups = (
        VatGroup(
            category=Category.STANDARD, rate=Decimal(19), base=broken.net, tax=Decimal("1.90")
        ),
    )

    assert rule in rules(document([broken], vat_groups=groups))


@pytest.mark.parametrize(
    ("broken", "number"),
    [
        (plain(buyer_reference=" "), "15"),
        (plain(payment=None), "1"),
        (plain(terms=PaymentTerms(text="Bald\n #SKONTO#TAGE=1#PROZENT=2#")), "18"),
        (plain(type_code=TypeCode.CORRECTION), "26"),
        (plain(delivery=Delivery(on=date(2026, 10, 1), address=Address(country="DE"))), "10"),
        (plain(payment=PaymentInstructions(means=Means.SEPA_CREDIT_TRANSFER)), "23-a"),
        (plain(payment=replace(BANK, direct_debit=DEBIT)), "23-b"),
        (plain(payment=replace(BANK, means=Means.SEPA_DIRECT_DEBIT)), "25-a"),
        (plain(payment=replace(BANK, transfers=(CreditTransfer(account="DE1"),))), "19"),
        (contact(name=""), "5"),
        (contact(phone=""), "6"),
        (contact(phone="n/a 12"), "27"),
        (contact(email="rechnung@anlass"), "28"),
        (contact(email=".rechnung@anlass.example"), "28"),
        (plain(seller=replace(SELLER, contact=Contact())), "7"),
    ],
)  # fmt: skip
def test_german_rules_hold_in_xrechnung_and_among_germans_in_peppol(
    broken: Document, number: str
) -> None:
    whole, _, part = number.partition("-")
    abroad = replace(broken, buyer=DUTCH)

    assert f"BR-DE-{number}" in rules(broken, Profile.XRECHNUNG_UBL)
    assert f"BR-DE-{number}" in rules(broken, Profile.XRECHNUNG_CII)
    assert f"DE-R-{whole:>03}" + (f"-{'ab'.index(part) + 1}" if part else "") in rules(broken)
    assert not any(rule.startswith(("DE-R", "BR-DE-1", "BR-DE-2")) for rule in rules(abroad))
    assert not any("DE-" in rule for rule in rules(broken, Profile.ZUGFERD))


def test_a_direct_debit_says_whose_and_which() -> None:
    debit = DirectDebit(mandate="", creditor_id="", debited_account="DE1")
    broken = plain(payment=PaymentInstructions(means=Means.SEPA_DIRECT_DEBIT, direct_debit=debit))

    empty = replace(debit, debited_account="")
    worse = plain(payment=PaymentInstructions(means=Means.SEPA_DIRECT_DEBIT, direct_debit=empty))

    assert rules(broken) == {"PEPPOL-EN16931-R061", "DE-R-030", "DE-R-020"}
    assert rules(worse) == {"PEPPOL-EN16931-R061", "DE-R-030", "DE-R-031"}


def test_periods_of_lines_lie_within_the_documents() -> None:
    early = document([replace(PLAIN, period=OCTOBER)], period=NOVEMBER)
    late = document([replace(PLAIN, period=NOVEMBER)], period=OCTOBER)

    assert rules(early) == {"PEPPOL-EN16931-R110"}
    assert rules(late) == {"PEPPOL-EN16931-R111"}


@pytest.mark.parametrize("profile", [Profile.ZUGFERD, Profile.XRECHNUNG_CII])
def test_cii_always_says_when_it_was_supplied(profile: Profile) -> None:
    assert rules(plain(delivery=None, period=OCTOBER), profile) == {"PEPPOL-EN16931-R008"}


def test_a_rate_without_its_group_is_missed() -> None:
    good = CASES["mixed_rates"].document
    at_nineteen = tuple(group for group in good.vat_groups if group.rate == 19)
    messages = [str(each) for each in check(replace(good, vat_groups=at_nineteen), Profile.EN16931)]

    assert any(each.startswith("BR-S-08: ") and "at 7 % is missing" in each for each in messages)


def test_a_group_stands_once() -> None:
    good = CASES["reverse_charge_abroad"].document
    empty = replace(good.vat_groups[0], base=Decimal(0))

    assert rules(replace(good, vat_groups=(*good.vat_groups, empty))) == {"BR-AE-01"}


def test_who_owes_a_reverse_charge_must_be_identified() -> None:
    broken = document([line("Bau", "1", "5", REVERSE_CHARGE)])

    assert rules(broken) == {"BR-AE-02"}


def test_an_intra_community_supply_says_where_and_when() -> None:
    good = CASES["intra_community"].document

    assert rules(replace(good, delivery=None)) == {
        "BR-DE-TMP-32",
        "BR-IC-11",
        "BR-IC-12",
    }


def test_outside_the_scope_nothing_else_may_stand_and_no_vat_id() -> None:
    broken = document([line("Schaden", "1", "5", OUTSIDE_SCOPE), PLAIN])

    assert rules(broken) == {"BR-O-02", "BR-O-11", "BR-O-12"}


def test_a_tax_that_may_not_be_there_is_found() -> None:
    group = VatGroup(
        category=Category.EXEMPT,
        rate=Decimal(0),
        base=Decimal(5),
        tax=Decimal("0.01"),
        exemption_reason="§ 4 UStG",
    )
    broken = document([line("Miete", "1", "5", EXEMPT)], vat_groups=(group,))

    assert rules(broken) == {"BR-CO-17", "BR-E-09"}


@pytest.mark.parametrize(
    ("name", "code", "rule"),
    [
        ("reverse_charge_abroad", "VATEX-EU-G", "P0104"),
        ("export", "VATEX-EU-O", "P0105"),
        ("export", "VATEX-EU-IC", "P0106"),
        ("export", "vatex-eu-ae", "P0107"),
        ("export", "VATEX-EU-D", "P0108"),
        ("export", "VATEX-EU-F", "P0109"),
        ("export", "VATEX-EU-I", "P0110"),
        ("export", "VATEX-EU-J", "P0111"),
    ],
)
def test_a_code_of_another_category_is_found(name: str, code: str, rule: str) -> None:
    good = CASES[name].document
    group = replace(good.vat_groups[0], exemption_code=code)

    assert rules(replace(good, vat_groups=(group,))) == {f"PEPPOL-EN16931-{rule}"}


def test_an_unknown_reason_is_found() -> None:
    good = CASES["export"].document
    group = replace(good.vat_groups[0], exemption_code="VATEX-DE-1")

    assert rules(replace(good, vat_groups=(group,))) == {"BR-CL-22"}


@pytest.mark.parametrize(
    ("scheme", "good", "bad", "rule"),
    [
        ("0088", "4000000000006", "4000000000007", "R040"),
        ("0192", "988077917", "988077918", "R041"),
        ("0208", "0428759497", "0428759498", "R043"),
    ],
)
def test_check_digits_of_addresses_are_checked(scheme: str, good: str, bad: str, rule: str) -> None:
    right = plain(buyer=replace(CITY, electronic_address=Identifier(good, scheme)))
    wrong = plain(buyer=replace(CITY, electronic_address=Identifier(bad, scheme)))

    assert rules(right) == set()
    assert rules(wrong) == {f"PEPPOL-COMMON-{rule}"}


def test_a_representative_is_named_and_placed() -> None:
    assert {"BR-18", "BR-20", "BR-56"} <= rules(represented("", ""))
    assert rules(represented("Fiskal GmbH", "DE")) == {"BR-56"}


def test_each_line_has_a_number() -> None:
    made = plain()

    assert rules(replace(made, lines=(replace(made.lines[0], id=""),))) == {"BR-21"}


def test_a_german_seller_of_taxed_goods_has_a_tax_number() -> None:
    anonymous = replace(SELLER, vat_id="", tax_number="")

    assert {"BR-DE-16", "BR-S-02"} <= rules(plain(seller=anonymous), Profile.XRECHNUNG_CII)


def test_only_the_last_cent_of_a_tax_may_differ() -> None:
    """Prices with tax: 4.79 where 19 % of 25.18 are 4.78; 4.80 is wrong."""
    good = CASES["prices_with_tax"].document
    group = replace(good.vat_groups[0], tax=Decimal("4.80"))

    assert rules(good) == set()
    assert "BR-CO-17" in rules(replace(good, vat_groups=(group,)))


@pytest.mark.parametrize(("tax", "is_wrong"), [("4.80", False), ("4.81", True)])
def test_of_a_part_taken_back_another_cent_may(tax: str, is_wrong: bool) -> None:
    good = replace(CASES["prices_with_tax"].document, type_code=TypeCode.CREDIT_NOTE)
    group = replace(good.vat_groups[0], tax=Decimal(tax))

    assert ("BR-CO-17" in rules(replace(good, vat_groups=(group,)))) == is_wrong


def test_a_currency_without_cents_has_whole_units_for_them() -> None:
    """Prices with tax: 1,000 JPY, of which 935 net; 7 % of those are 65.45."""
    sold = line("Reis", "1", "935", replace(STANDARD, rate=Decimal(7)))
    made = document([sold], currency="JPY")
    group = replace(made.vat_groups[0], tax=Decimal(65))
    totals = replace(made.totals, vat=Decimal(65), gross=Decimal(1000), payable=Decimal(1000))

    assert rules(replace(made, vat_groups=(group,), totals=totals)) == set()


def test_what_is_no_xml_or_no_invoice_is_found() -> None:
    assert [finding.rule for finding in check_schema(b"<Invoice>")] == ["XSD"]
    assert [finding.rule for finding in check_schema(b"<Order/>")] == ["XSD"]
