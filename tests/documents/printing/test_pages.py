"""What stands where: titles, references, payment, small print, feet of pages."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.wording.language import MINUS
from invoices.documents.pdf.girocode import transfer_text
from invoices.documents.pdf.printing import Printing, PrintingDoesNotFit
from invoices.documents.pdf.rendering import render
from invoices.documents.pdf.template import Column, FooterColumn, Template
from invoices.documents.pdf.titles import Title
from invoices.documents.semantic.codes import Category, TypeCode
from invoices.documents.semantic.document import Document
from invoices.documents.semantic.lines import Item
from invoices.documents.semantic.parties import Contact
from tests.documents.cases import CASES
from tests.documents.house import DUTCH, OCTOBER, REDUCED, REVERSE_CHARGE, document, line
from tests.documents.printing.reading import (
    SECONDS,
    pages_of,
    printed_case,
    text_of,
    text_of_case,
)

EVERY_COLUMN = Template(columns=frozenset(Column))
HOURS = document([line("Beratung", "6.5", "95", unit="HUR", period=OCTOBER)])


def printed(said: Document, **printing: object) -> str:
    return text_of(render(said, Printing(**printing)))  # type: ignore[arg-type]


def test_pages_are_numbered() -> None:
    pages = pages_of(printed_case("prices_of_a_hundred"))

    for number, page in enumerate(pages, 1):
        assert f"Seite {number} von {len(pages)}" in page


def test_two_thousand_lines_are_set_in_time() -> None:
    printed_case("two_thousand_lines")

    assert SECONDS["two_thousand_lines"] < 25


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        ("credit_note", None, "Rechnungskorrektur GS-2026-0007"),
        ("cancellation", Title.CANCELLATION, "Stornorechnung GS-2026-0007"),
        ("correction", None, "Rechnungskorrektur RE-2026-0042"),
        ("partial", None, "Teilrechnung RE-2026-0042"),
        ("self_billed", None, "Gutschrift RE-2026-0042"),
    ],
)
def test_a_document_is_called_what_it_is(name: str, title: Title | None, expected: str) -> None:
    assert expected in printed(CASES[name].document, title=title)


def test_only_what_the_buyer_issues_is_a_gutschrift() -> None:
    for name in ("credit_note", "cancellation", "correction", "overpaid"):
        assert "Gutschrift" not in text_of_case(name)


def test_a_title_of_another_kind_of_document_is_refused() -> None:
    with pytest.raises(PrintingDoesNotFit, match="can't be called cancellation, but invoice"):
        render(HOURS, Printing(title=Title.CANCELLATION))


def test_a_correction_names_what_it_corrects() -> None:
    expected = "bezieht sich auf die Rechnung RE-2026-0042 vom 23.10.2026."

    assert expected in text_of_case("credit_note")


def test_another_day_of_payment_than_the_document_says_is_refused() -> None:
    with pytest.raises(PrintingDoesNotFit, match="due on 2026-12-02, not on 2026-12-03"):
        render(HOURS, Printing(payable_by=date(2026, 12, 3)))


def test_a_transfer_is_asked_for_with_account_and_code() -> None:
    text = printed(HOURS)

    assert "Bitte überweisen Sie 734,83 € bis zum 02.12.2026" in text  # 617.50 x 1.19
    assert "DE02 1203 0000 0000 2020 51" in text
    assert "Per Banking-App zahlen" in text


def test_the_code_holds_what_the_document_says() -> None:
    assert transfer_text(HOURS).split("\n") == [
        "BCD", "002", "1", "SCT", "BYLADEM1001", "Anlass Energie GmbH", "DE02120300000000202051",
        "EUR734.83", "", "", "RE-2026-0042",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "credit_paid_out",
        "direct_debit",
        "overpaid",
        "paid_from_the_balance",
        "dollars_with_tax_in_euros",
    ],
)
def test_there_is_no_code_where_nothing_is_transferred_in_euros(name: str) -> None:
    assert transfer_text(CASES[name].document) == ""
    assert "Per Banking-App zahlen" not in text_of_case(name)


def test_a_template_may_leave_the_code_out() -> None:
    assert "Banking-App" not in printed(HOURS, template=Template(shows_code=False))


def test_a_direct_debit_names_mandate_and_part_of_the_account() -> None:
    text = text_of_case("direct_debit")

    assert "35,58 € werden am 02.12.2026 per SEPA-Lastschrift von Ihrem Konto DE02 … 2051" in text
    assert "MAND-2026-17" in text
    assert "DE98ZZZ09999999999" in text
    assert "Bitte überweisen" not in text


def test_what_is_prepaid_is_named_and_taken_off() -> None:
    text = printed(
        CASES["prepaid_and_rounded"].document,
        prepaid_text="Aus Ihrem Guthaben",
        balance_text="Ihr Guthaben beträgt nun 0,00 €.",
    )

    assert f"Aus Ihrem Guthaben {MINUS}900,00 € Rundung 0,02 € Zu zahlen 233,34 €" in text
    assert "Ihr Guthaben beträgt nun 0,00 €." in text


def test_what_is_overpaid_is_the_customers() -> None:
    assert f"Zu Ihren Gunsten {MINUS}102,50 €" in text_of_case("overpaid")


def test_cash_discounts_are_reckoned() -> None:
    text = text_of_case("cash_discount")

    # 3 % of 1,130.50 = 33.915; 7 days from 2 November.
    assert "3 % Skonto bei Zahlung bis zum 09.11.2026: 33,92 € weniger" in text
    assert "zu zahlen 1.096,58 €" in text
    assert "#SKONTO#" not in text


def test_exemptions_are_told_in_the_customers_language() -> None:
    said = CASES["reverse_charge_abroad"].document
    english = {Category.REVERSE_CHARGE: "VAT is owed by the recipient."}

    assert "Steuerschuldnerschaft des Leistungsempfängers" in printed(said)
    assert "VAT is owed by the recipient." in printed(said, locale="en", exemptions=english)


def test_english_is_written_the_english_way() -> None:
    said = document([line("Consulting", "1234.5", "110", REVERSE_CHARGE, unit="HUR")], buyer=DUTCH)

    text = printed(said, locale="en-GB", customer_number="C-7")

    assert "Invoice RE-2026-0042" in text
    assert "Payable by 2 December 2026" in text
    assert "1,234.5 hours €110.00 reverse charge €135,795.00" in text
    assert "NETHERLANDS" in text
    assert "Page 1 of 1" in text


def test_explanations_are_printed_unless_the_template_hides_them() -> None:
    why = {"1": "617,50 € für Oktober 2026: 6,5 Stunden zu je 95,00 €."}

    assert why["1"] in printed(HOURS, explanations=why)
    hidden = printed(HOURS, explanations=why, template=Template(shows_explanations=False))
    assert why["1"] not in hidden


def test_what_has_no_column_stands_in_small_print() -> None:
    bare = Template(columns=frozenset({Column.NET}))
    two_rates = document([*HOURS.lines, line("Buch", "3", "39.90", REDUCED)])

    text = printed(two_rates, template=bare)

    assert (
        "Beratung 01.10.2026 \N{EN DASH} 31.10.2026 · 6,5 Std. zu 95,00 € · USt 19 % 617,50 €"
        in text
    )
    assert "Buch 3 Stück zu 39,90 € · USt 7 % 119,70 €" in text


def test_all_columns_stand_beside_each_other_where_they_have_room() -> None:
    item = Item(name="Beratung", sellers_id="B-1")
    said = document([line("", "6.5", "95", unit="HUR", period=OCTOBER, item=item)])

    text = printed(said, template=EVERY_COLUMN)

    assert "Pos. Artikel Leistung Zeitraum Menge Einheit Einzelpreis USt Netto" in text
    assert "6,5 Std. 95,00 € 19 % 617,50 €" in text


def test_columns_without_room_stand_in_small_print() -> None:
    said = document([line("Anlage", "123456.789", "98765.43210987", unit="E48")])

    text = printed(said, template=EVERY_COLUMN)

    assert "Pos. Leistung Menge Netto" in text
    assert "123.456,789 Leistungseinheiten zu 98.765,43210987 €" in text


def test_columns_of_which_nothing_is_known_are_left_out() -> None:
    text = printed(document([line("Beratung", "1", "95")]), template=EVERY_COLUMN)

    assert "Pos. Leistung Menge Einheit Einzelpreis USt Netto" in text


def test_whom_the_letter_is_for_is_named() -> None:
    buyer = replace(DUTCH, contact=Contact(name="Anneke de Vries"))

    assert "Tulip B.V. Anneke de Vries Keizersgracht 100" in printed(replace(HOURS, buyer=buyer))


def test_whom_the_money_is_owed_to_is_named() -> None:
    assert "Das Geld steht Factoring AG zu." in text_of_case("other_payee")


def test_a_footer_without_the_tax_number_gets_it() -> None:
    footer = (FooterColumn(("Anlass Energie GmbH", "Hauptstraße 1", "80331 München")),)

    text = printed(HOURS, template=Template(footer=footer))

    assert "USt-IdNr. DE136695976" in text
    assert len(re.findall("Hauptstraße 1", text)) == 2  # The sender's line, and the footer.


def test_names_that_are_cut_in_their_place_are_said_in_full() -> None:
    text = text_of_case("long_names")

    assert ("Gesellschaft " * 150).strip() in text
    assert text.count("Donaudampfschifffahrt") == 200
    assert text.count("Bemerkung") == 2000


def test_a_row_higher_than_a_page_is_broken() -> None:
    said = document([line("Chronik", "1", "5"), line("Danach", "1", "7")])

    pages = pages_of(render(said, Printing(explanations={"1": "Chronikwort. " * 800})))

    assert len(pages) > 2
    assert " ".join(pages).count("Chronikwort") == 800
    assert "Danach 1 Stück 7,00 €" in " ".join(pages)


def test_a_document_that_says_little_is_printed() -> None:
    said = replace(CASES["bare"].document, type_code=TypeCode.INVOICE, terms=None)

    assert "Rechnungsbetrag 119,00 €" in printed(said)


def test_a_day_of_payment_that_only_words_say_is_printed() -> None:
    said = replace(HOURS, due_date=None)

    assert "Zahlbar bis 24.12.2026" in printed(said, payable_by=date(2026, 12, 24))


def test_negative_amounts_have_a_sign() -> None:
    text = text_of_case("minus_lines")

    assert f"{MINUS}1 Stück 15,48 € 19 % {MINUS}15,48 €" in text
    assert german_net("minus_lines") in text


def german_net(name: str) -> str:
    net: Decimal = CASES[name].document.totals.net
    return f"Summe netto {net} €".replace(".", ",")
