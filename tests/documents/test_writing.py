"""What is written: the same for the same document, all of it, in both syntaxes."""

from dataclasses import replace
from decimal import Decimal

import pytest
from lxml import etree

from invoices.documents.checks.schema import check_schema
from invoices.documents.delivering import DocumentDoesNotFit, e_invoice
from invoices.documents.profiles import Profile, Syntax
from invoices.documents.semantic.codes import Means
from invoices.documents.semantic.document import Document, Note
from invoices.documents.semantic.parties import Address, Contact, Identifier
from invoices.documents.semantic.payment import PaymentInstructions, PaymentTerms
from invoices.documents.writing import write
from tests.documents.cases import CASES
from tests.documents.house import CITY, document, line
from tests.documents.judge import official_findings

AMOUNTS = {
    Syntax.UBL: (
        "LineExtensionAmount", "TaxExclusiveAmount", "TaxAmount", "TaxInclusiveAmount",
        "PrepaidAmount", "PayableRoundingAmount", "PayableAmount",
    ),
    Syntax.CII: (
        "LineTotalAmount", "TaxBasisTotalAmount", "TaxTotalAmount", "GrandTotalAmount",
        "TotalPrepaidAmount", "RoundingAmount", "DuePayableAmount",
    ),
}  # fmt: skip
SUMS = {
    Syntax.UBL: "LegalMonetaryTotal",
    Syntax.CII: "SpecifiedTradeSettlementHeaderMonetarySummation",
}


def tree(document: Document, profile: Profile) -> etree._Element:
    return etree.fromstring(write(document, profile))


def texts(root: etree._Element, name: str) -> list[str]:
    return [each.text or "" for each in root.iter(f"{{*}}{name}")]


def sums(document: Document, profile: Profile) -> list[list[str]]:
    """The totals, and the first VAT total, which UBL keeps beside them."""
    syntax, root = profile.specification.syntax, tree(document, profile)
    element = next(root.iter(f"{{*}}{SUMS[syntax]}"))
    return [
        texts(element, name) or texts(root, name)[: name == "TaxAmount"] for name in AMOUNTS[syntax]
    ]


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"dollars_with_tax_in_euros"}))
def test_both_syntaxes_say_the_same_sums(name: str) -> None:
    case = CASES[name].document

    assert sums(case, Profile.XRECHNUNG_UBL) == sums(case, Profile.XRECHNUNG_CII)


def test_vat_in_another_currency_is_said_in_both_syntaxes() -> None:
    case = CASES["dollars_with_tax_in_euros"].document

    assert texts(tree(case, Profile.PEPPOL), "TaxAmount") == ["19.00", "19.00", "17.43"]
    assert texts(tree(case, Profile.ZUGFERD), "TaxTotalAmount") == ["19.00", "17.43"]


@pytest.mark.parametrize("profile", Profile)
def test_the_same_document_has_the_same_bytes(profile: Profile) -> None:
    case = CASES["mixed_rates"].document

    assert write(case, profile) == write(replace(case), profile)


@pytest.mark.parametrize(
    ("profile", "name"), [(Profile.XRECHNUNG_UBL, "Name"), (Profile.ZUGFERD, "Name")]
)
def test_texts_come_through_but_for_what_xml_forbids(profile: Profile, name: str) -> None:
    said = texts(tree(CASES["control_characters"].document, profile), name)
    far = texts(tree(CASES["right_to_left_and_emoji"].document, profile), name)

    assert "Größe „M“" in said
    assert "\x07" not in said
    assert "שירות ענן 🚀" in far
    assert "خدمة سحابية 👩\u200d👩\u200d👧" in far


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\x00"])
@pytest.mark.parametrize("profile", [Profile.EN16931, Profile.ZUGFERD])
@pytest.mark.parametrize("name", ["references", "items_in_full", "other_payee"])
def test_blanks_leave_nothing_behind(name: str, profile: Profile, blank: str) -> None:
    root = tree(blanked(CASES[name].document, blank), profile)

    assert [each for each in root.iter() if not len(each) and not (each.text or "").strip()] == []
    assert check_schema(etree.tostring(root)) == []


def blanked(document: Document, blank: str) -> Document:
    """The document with blanks in place of all that it need not say."""
    seller = replace(
        document.seller,
        trading_name=blank,
        tax_number=blank,
        legal_information=blank,
        contact=Contact(name=blank, phone=blank, email=blank),
        address=Address(country="DE", street=blank, city=blank, postcode=blank, region=blank),
    )
    first = document.lines[0]
    item = replace(
        first.item,
        description=blank,
        sellers_id=blank,
        buyers_id=blank,
        standard_id=Identifier(blank, "0160"),
    )
    line = replace(first, note=blank, order_line=blank, item=item)
    return replace(
        document,
        seller=seller,
        buyer=replace(document.buyer, vat_id=blank),
        order=blank,
        contract=blank,
        project=blank,
        notes=(Note(blank),),
        terms=PaymentTerms(text=blank),
        payment=PaymentInstructions(means=Means.UNDEFINED, means_text=blank, remittance=blank),
        lines=(line,),
    )


def test_what_only_sellers_say_is_not_said_of_buyers() -> None:
    buyer = replace(CITY, tax_number="143/1", legal_information="HRB 1")
    said = document([line("Strom", "1", "1")], buyer=buyer)

    assert official_findings(e_invoice(said, Profile.EN16931), Profile.EN16931) == set()
    assert official_findings(e_invoice(said, Profile.ZUGFERD), Profile.ZUGFERD) == set()


def test_markup_in_texts_stays_text() -> None:
    evil = '</cbc:Note><cbc:ID>1</cbc:ID><!-- & "'

    root = tree(document([line(evil, "1", "1")], notes=(Note(evil),)), Profile.EN16931)

    assert texts(root, "Note")[0] == evil


def test_a_credit_note_is_one_in_ubl() -> None:
    root = tree(CASES["credit_paid_out"].document, Profile.PEPPOL)

    assert etree.QName(root).localname == "CreditNote"
    assert texts(root, "CreditNoteTypeCode") == ["381"]
    assert texts(root, "PaymentDueDate") == ["2026-11-10"]
    assert texts(root, "DueDate") == []
    assert len(texts(root, "CreditedQuantity")) == 1


def test_cash_discounts_are_lines_for_programs() -> None:
    terms = texts(tree(CASES["cash_discount"].document, Profile.XRECHNUNG_UBL), "Note")

    assert terms == [
        "3 % Skonto bei Zahlung in 7 Tagen, 2 % in 14 Tagen.\n"
        "#SKONTO#TAGE=7#PROZENT=3.00#\n"
        "#SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=1130.50#\n"
    ]


def test_prices_and_quantities_keep_their_decimals_without_needless_zeros() -> None:
    root = tree(
        document([line("Strom", "1234.5670", "0.000000123450", unit="KWH")]), Profile.PEPPOL
    )

    assert texts(root, "InvoicedQuantity") == ["1234.567"]
    assert texts(root, "PriceAmount") == ["0.00000012345"]


def test_an_amount_with_three_decimals_is_not_rounded_in_silence() -> None:
    root = tree(CASES["dinars"].document, Profile.ZUGFERD)

    assert "12.345" in texts(root, "LineTotalAmount")


def test_a_refusal_tells_everything_at_once() -> None:
    broken = document([line("Strom", "1", "1")], buyer=replace(CITY, name=""), buyer_reference="")

    with pytest.raises(DocumentDoesNotFit, match=r"BR-07: .*BR-DE-15: .*Leitweg-ID"):
        e_invoice(broken, Profile.XRECHNUNG_UBL)


def test_two_thousand_lines_stand_on_one_document() -> None:
    root = tree(CASES["two_thousand_lines"].document, Profile.XRECHNUNG_UBL)

    nets = [Decimal(text) for text in texts(root, "LineExtensionAmount")]
    assert len(nets) == 2001
    assert sum(nets[1:]) == nets[0]
