"""What is printed is what the e-invoice says: two that differ were two invoices."""

import re
from decimal import Decimal

import pytest
from lxml import etree

from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.rendering import render
from invoices.documents.profiles import Profile
from invoices.documents.semantic.lines import Item, Vat
from invoices.documents.writing import write
from tests.documents.cases import CASES
from tests.documents.house import (
    EXEMPT,
    EXPORT,
    INTRA_COMMUNITY,
    OUTSIDE_SCOPE,
    REVERSE_CHARGE,
    ZERO_RATED,
    document,
    line,
)
from tests.documents.printing.reading import german, pages_of, text_of, text_of_case

# Allowances and charges are printed one by one, not as sums.
NOT_PRINTED = {"AllowanceTotalAmount", "ChargeTotalAmount"}
CARRIED = re.compile(r"Übertrag (\S+) €")


def amounts(xml: bytes) -> set[tuple[str, Decimal, str]]:
    root = etree.fromstring(xml)
    currency = root.findtext(".//{*}InvoiceCurrencyCode") or ""
    return {
        (etree.QName(each).localname, Decimal(each.text or ""), each.get("currencyID", currency))
        for each in root.iter("{*}*")
        if etree.QName(each).localname.endswith("Amount")
        and etree.QName(each).localname not in {"ChargeAmount", *NOT_PRINTED}
    }


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_amount_of_the_xml_is_printed(name: str) -> None:
    said = amounts(write(CASES[name].document, Profile.ZUGFERD))

    text = text_of_case(name)

    missing = {
        (element, amount)
        for element, amount, currency in said
        if not re.search(rf"(?<![\d.,]){re.escape(german(amount, currency))}(?![\d.,]*\d)", text)
        and not (amount == 0 and element in ("TotalPrepaidAmount", "LineTotalAmount"))
    }
    assert not missing


@pytest.mark.parametrize("name", sorted(CASES))
def test_number_and_parties_of_the_xml_are_printed(name: str) -> None:
    said = CASES[name].document

    text = text_of_case(name)

    assert said.number in text
    assert said.buyer.address.city in text
    assert said.seller.vat_id in text
    assert said.seller.tax_number in text


def test_a_price_for_many_units_says_for_how_many() -> None:
    text = text_of_case("prices_with_tax")

    assert "3 Stück 25,18 € je 3 Stück 19 % 25,18 €" in text


def test_sums_are_carried_over_pages() -> None:
    many = document(
        [
            line(
                f"Zähler {i:03}", "1", f"{i}.37", item=Item(name=f"Zähler {i:03}", description="x")
            )
            for i in range(1, 101)
        ]
    )

    pages = pages_of(render(many, Printing()))

    carried = [CARRIED.findall(page) for page in pages]
    billed, expected = Decimal(0), []
    for page in pages:
        billed += sum(
            (many.lines[int(number) - 1].net for number in re.findall(r"Zähler (\d{3})", page)),
            Decimal(0),
        )
        expected.append(german(billed, "EUR"))
    assert len(pages) > 3
    assert carried[0] == expected[:1]
    assert carried[1] == [expected[0], expected[1]]
    assert carried[2] == [expected[1], expected[2]]
    assert all("Pos. Leistung Menge" in page for page in pages if "Zähler" in page)


def test_nothing_is_carried_on_a_single_page() -> None:
    assert "Übertrag" not in text_of_case("mixed_rates")


def test_a_foreign_currency_is_printed_with_its_tax_in_euros() -> None:
    text = text_of_case("dollars_with_tax_in_euros")

    assert "119,00 $" in text
    assert "Umsatzsteuer in EUR: 17,43 €" in text


def test_yen_have_no_decimals_unless_there_are_some() -> None:
    text = text_of_case("yen")

    assert "5.940 ¥" in text
    assert "1.128,60 ¥" in text  # 19 % of 5,940


@pytest.mark.parametrize(
    ("vat", "cell"),
    [
        (EXEMPT, "steuerfrei"),
        (EXPORT, "steuerfrei"),
        (INTRA_COMMUNITY, "steuerfrei"),
        (REVERSE_CHARGE, "Reverse Charge"),
        (OUTSIDE_SCOPE, "nicht steuerbar"),
    ],
)
def test_what_is_not_taxed_shows_no_rate(vat: Vat, cell: str) -> None:
    pdf = render(document([line("Beratung", "1", "100", vat)]), Printing())

    assert "0 %" not in text_of(pdf)
    assert cell in text_of(pdf)


def test_what_is_zero_rated_shows_its_rate() -> None:
    text = text_of(render(document([line("Modul", "1", "100", ZERO_RATED)]), Printing()))

    assert "Umsatzsteuer 0 %" in text
