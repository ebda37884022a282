"""What a format of documents needs is there before the invoice is issued, or there is none."""

from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from pypdf import PdfReader

from billing.events.models import Event, Failure
from billing.sellers.models import Seller
from invoices.documents.models import Document
from invoices.documents.profiles import Profile
from invoices.documents.queries import stored_bytes
from invoices.issuing.commands import bill
from invoices.issuing.models import Invoice
from tests import factories
from tests.documents.judge import official_findings
from tests.rendering.conftest import render

FRENCH = {
    "country": "FR", "vat_id": "FR40303265045", "street": "1 rue de la Paix", "postcode": "75002",
    "city": "Paris",
}  # fmt: skip
BRITISH = {"country": "GB", "postcode": "EC1A 1BB", "city": "London", "vat_id": "980780684"}
SWISS = {"country": "CH", "postcode": "8001", "city": "Zürich", "street": "Bahnhofstrasse 1"}
ITALY = {"delivery_country": "IT", "delivery_postcode": "00118", "delivery_city": "Roma"}
CONTACT = {"phone": "+49 30 123456"}
DEBITED = {
    "mandate_reference": "M-1", "mandate_iban": "DE02120300000000202051",
    "mandate_signed_on": "2025-12-01",
}  # fmt: skip


def order(seller: Seller, *lines: dict[str, Any], **customer: Any) -> list[Invoice]:
    """What is issued for an order of lines."""
    wanted = [factories.line(**each) for each in lines or [{}]]
    factories.order(factories.customer(seller, **customer), *wanted)
    event = Event.objects.get(type="order.placed", state="waiting", seller=seller)
    return bill(event_id=event.pk, at=factories.AT, worker="test")


def made(seller: Seller, *lines: dict[str, Any], **customer: Any) -> tuple[str, etree._Element]:
    """Text and XML of the only invoice of an order; the XML keeps the official rules."""
    (invoice,) = order(seller, *lines, **customer)
    pdf, xml = render(invoice)
    found = stored_bytes(xml)
    assert official_findings(found, Profile(xml.format)) == set()
    pages = PdfReader(BytesIO(stored_bytes(pdf))).pages
    return " ".join("".join(page.extract_text() for page in pages).split()), etree.fromstring(found)


def said(root: etree._Element, path: str) -> list[str]:
    return [str(each.text) for each in root.iterfind(f".//{{*}}{'/{*}'.join(path.split('/'))}")]


class TestParties:
    def test_goods_to_another_country_name_the_place_of_delivery(self, seller: Seller) -> None:
        text, root = made(seller, {"supply": "goods"}, **FRENCH, **ITALY)

        assert said(root, "ShipToTradeParty/PostalTradeAddress/CountryID") == ["IT"]
        assert said(root, "ApplicableTradeTax/CategoryCode") == ["K", "K"]
        assert "00118 Roma" in text

    def test_goods_go_to_the_customer_if_nowhere_else(self, seller: Seller) -> None:
        _, root = made(seller, {"supply": "goods"}, **FRENCH)

        assert said(root, "ShipToTradeParty/PostalTradeAddress/CountryID") == ["FR"]

    def test_services_are_not_delivered(self, seller: Seller) -> None:
        _, root = made(seller, **FRENCH, **ITALY)

        assert said(root, "ShipToTradeParty") == []

    def test_a_sole_trader_is_known_by_its_tax_number(self, seller: Seller) -> None:
        Seller.objects.update(vat_id="", tax_number="12/345/67890")

        text, root = made(Seller.objects.get())

        assert said(root, "SellerTradeParty/ID") == ["12/345/67890"]
        assert text.count("12/345/67890") == 1

    def test_outside_the_scope_the_vat_id_is_printed_and_no_vat_id_in_xml(
        self, seller: Seller
    ) -> None:
        text, root = made(seller, **SWISS)

        assert said(root, "SellerTradeParty/ID") == ["DE136695976"]
        assert said(root, "SpecifiedTaxRegistration/ID") == []
        assert "DE136695976" in text

    def test_a_vat_id_begins_with_its_country(self, seller: Seller) -> None:
        _, root = made(seller, {"supply": "goods"}, **BRITISH)

        assert said(root, "BuyerTradeParty/SpecifiedTaxRegistration/ID") == ["GB980780684"]

    def test_under_a_registration_both_numbers_are_named(self, seller: Seller) -> None:
        factories.registration(seller, country="FR", vat_id="FR83404833048")

        text, root = made(seller, {"supply": "goods"}, **FRENCH | {"vat_id": ""}, kind="consumer")

        numbers = said(root, "SellerTradeParty/SpecifiedTaxRegistration/ID")
        assert sorted(numbers) == ["DE136695976", "FR83404833048"]
        assert all(number in text for number in numbers)

    def test_numbers_of_countries_without_vat_are_printed_only(self, seller: Seller) -> None:
        american = {"country": "US", "postcode": "10001", "city": "New York"}

        text, root = made(seller, {"supply": "goods"}, **american, vat_id="12-3456789")

        assert said(root, "BuyerTradeParty/SpecifiedTaxRegistration/ID") == []
        assert "12-3456789" in text


class TestPayment:
    def test_a_mandate_needs_no_account_of_the_seller(self, seller: Seller) -> None:
        Seller.objects.update(iban="", creditor_id="DE98ZZZ09999999999")

        text, root = made(Seller.objects.get(), **DEBITED)

        assert said(root, "SpecifiedTradeSettlementPaymentMeans/TypeCode") == ["59"]
        assert "ohne Abzug" not in text

    def test_the_day_of_a_transfer_is_said_once_beside_it(self, seller: Seller) -> None:
        text, root = made(seller)

        day = f"{Invoice.objects.get().due_date:%d.%m.%Y}"
        assert f"bis zum {day}" in text
        assert "ohne Abzug" not in text
        assert said(root, "SpecifiedTradePaymentTerms/Description") == [
            f"Zahlbar bis {day} ohne Abzug."
        ]

    def test_without_an_account_nothing_is_said_to_be_set_off(self, seller: Seller) -> None:
        Seller.objects.update(iban="")

        _, root = made(Seller.objects.get())

        assert said(root, "SpecifiedTradeSettlementPaymentMeans/TypeCode") == ["1"]


class TestReferences:
    def test_the_contract_and_what_the_customer_asks_for(self, seller: Seller) -> None:
        customer = factories.customer(seller, buyer_reference="K-1")
        contract = factories.contract(customer, external_id="C-7", purchase_order="PO-9")
        factories.subscription(contract, factories.plan(seller))
        event = Event.objects.get(type="subscription.changed", state="waiting", seller=seller)
        (invoice,) = bill(event_id=event.pk, at=factories.AT, worker="test")

        _, xml = render(invoice)

        root = etree.fromstring(stored_bytes(xml))
        assert said(root, "ContractReferencedDocument/IssuerAssignedID") == ["C-7"]
        assert said(root, "BuyerOrderReferencedDocument/IssuerAssignedID") == ["PO-9"]
        assert said(root, "BuyerReference") == ["K-1"]
        assert said(root, "BillingSpecifiedPeriod/EndDateTime/DateTimeString") == ["20260131"] * 2


class TestFormats:
    @pytest.mark.parametrize("format_", ["xrechnung_ubl", "xrechnung_cii"])
    def test_an_authority_is_reached_by_its_leitweg_id(self, seller: Seller, format_: str) -> None:
        Seller.objects.update(**CONTACT)

        _, root = made(
            Seller.objects.get(), document_format=format_, buyer_reference="04011000-12345-03"
        )

        found = [each for each in root.iter() if each.get("schemeID") == "0204"]
        assert [each.text for each in found] == ["04011000-12345-03"]

    def test_peppol_reaches_parties_by_their_vat_ids(self, seller: Seller) -> None:
        _, root = made(seller, **FRENCH, document_format="peppol", buyer_reference="K-1")

        assert said(root, "Party/EndpointID") == ["DE136695976", "FR40303265045"]

    @pytest.mark.parametrize(
        ("format_", "customer", "of", "named"),
        [
            ("xrechnung_ubl", {}, "seller", ["phone", "BR-DE-6"]),
            ("xrechnung_cii", CONTACT, "customer", ["buyer_reference", "electronic_address"]),
            ("peppol", CONTACT, "customer", ["buyer_reference", "electronic_address"]),
        ],
    )
    def test_what_is_missing_is_named_before_issue(
        self, seller: Seller, format_: str, customer: dict[str, str], of: str, named: list[str]
    ) -> None:
        Seller.objects.update(**customer)

        assert order(Seller.objects.get(), document_format=format_) == []
        failure = Failure.objects.get()
        assert failure.code == f"{of}_data_missing"
        assert all(name in failure.reason for name in named)

    def test_peppol_looks_at_check_digits(self, seller: Seller) -> None:
        belgian = {"country": "BE", "vat_id": "BE0203201340", "electronic_address": "0203201341"}
        chosen = {"document_format": "peppol", "electronic_address_scheme": "0208"}

        assert order(seller, **belgian, **chosen, buyer_reference="K-1") == []
        assert "no Belgian enterprise number" in Failure.objects.get().reason

    def test_a_seller_without_documents_is_asked_for_nothing(self, seller: Seller) -> None:
        Seller.objects.update(makes_documents=False)

        assert order(Seller.objects.get(), document_format="xrechnung_ubl")

    def test_what_the_format_can_not_say_is_refused(self, seller: Seller) -> None:
        Seller.objects.update(**CONTACT)
        chosen = {"document_format": "xrechnung_ubl", "buyer_reference": "K-1", "email": "a@b.ch"}

        assert order(Seller.objects.get(), {}, {"supply": "goods"}, **SWISS, **chosen) == []
        assert Failure.objects.get().code == "format_does_not_fit"

    def test_without_a_choice_it_is_a_pdf_that_says_why(self, seller: Seller) -> None:
        (invoice,) = order(seller, {}, {"supply": "goods"}, **SWISS)

        (pdf,) = render(invoice)

        assert (pdf.kind, pdf.format) == ("pdf", "pdf")
        assert "BR-O-11" in Document.objects.get().why_plain

    def test_a_currency_of_three_decimals_is_a_pdf(self, seller: Seller) -> None:
        factories.order(factories.customer(seller, **SWISS), factories.line(), currency="KWD")
        event = Event.objects.get(type="order.placed", state="waiting", seller=seller)
        (invoice,) = bill(event_id=event.pk, at=factories.AT, worker="test")

        (pdf,) = render(invoice)

        assert pdf.format == "pdf"
        assert "KWD has more" in pdf.why_plain
