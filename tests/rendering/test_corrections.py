"""What corrects an invoice is printed and written like any other document."""

from decimal import Decimal
from io import BytesIO

import pytest
from lxml import etree
from pypdf import PdfReader

from billing.events.models import Event
from billing.sellers.models import Seller
from invoices.credit_notes.commands import credit, order_correction
from invoices.credit_notes.models import Correction
from invoices.credit_notes.queries.wanted import Discount, Part, Wanted
from invoices.documents.queries import stored_bytes
from invoices.issuing.commands import bill
from tests import factories
from tests.rendering.conftest import issue, render


class TestCorrections:
    @pytest.mark.parametrize(
        ("wanted", "title", "gross"),
        [
            ({}, "Stornorechnung", "117.81"),
            ({"parts": [Part(position=1, amount=Decimal("9.00"))]}, "Rechnungskorrektur", "10.71"),
            ({"discount": Discount(percent=Decimal(10))}, "Rechnungskorrektur", "11.78"),
        ],
    )
    def test_it_has_its_title_and_names_the_invoice(
        self, seller: Seller, wanted: dict[str, object], title: str, gross: str
    ) -> None:
        invoice = issue(seller)
        said = Wanted(reason="Falsche Anschrift", **wanted)  # type: ignore[arg-type]
        order_correction(invoice_id=invoice.pk, wanted=said, by="Ada", at=factories.AT)
        event = Event.objects.get(type="correction.ordered")
        note = credit(event_id=event.pk, at=factories.AT, worker="test")
        assert note is not None

        pdf, xml = render(note)

        text = "".join(page.extract_text() for page in PdfReader(BytesIO(stored_bytes(pdf))).pages)
        for told in (title, "R2026-000001", "Falsche Anschrift", "mit dem offenen Betrag"):
            assert told in text
        assert "Gutschrift" not in text
        tree = etree.fromstring(stored_bytes(xml))
        assert tree.findtext(".//{*}ExchangedDocument/{*}TypeCode") == "381"
        assert tree.findtext(".//{*}GrandTotalAmount") == gross
        assert (
            tree.findtext(".//{*}InvoiceReferencedDocument/{*}IssuerAssignedID") == invoice.number
        )

    @pytest.mark.parametrize(
        ("settle", "locale", "told"),
        [
            ("payout", "de", "Der Betrag wird Ihnen erstattet."),
            ("balance", "de", "Der Betrag wird Ihrem Guthaben gutgeschrieben."),
            ("payout", "en", "The amount is refunded to you."),
            ("balance", "en", "The amount is credited to your balance."),
        ],
    )
    def test_it_says_where_the_money_goes(
        self, seller: Seller, settle: str, locale: str, told: str
    ) -> None:
        invoice = issue(seller, locale=locale)
        wanted = Wanted(reason="Error", settle=Correction.Settle(settle))
        order_correction(invoice_id=invoice.pk, wanted=wanted, by="Ada", at=factories.AT)
        event = Event.objects.get(type="correction.ordered")
        note = credit(event_id=event.pk, at=factories.AT, worker="test")
        assert note is not None

        _, xml = render(note)

        tree = etree.fromstring(stored_bytes(xml))
        assert tree.findtext(".//{*}SpecifiedTradePaymentTerms/{*}Description") == told

    def test_of_many_lines_with_gross_prices_the_sum_is_taxed(self, seller: Seller) -> None:
        line = factories.line(unit_price=Decimal("9.99"), tax_included=True)
        factories.order(factories.customer(seller, kind="consumer"), *[line] * 10)
        ordered = Event.objects.get(type="order.placed", state="waiting")
        (invoice,) = bill(event_id=ordered.pk, at=factories.AT, worker="test")
        parts = [Part(position=position, percent=Decimal(100)) for position in range(1, 6)]
        wanted = Wanted(reason="Falsche Anschrift", parts=parts)
        order_correction(invoice_id=invoice.pk, wanted=wanted, by="Ada", at=factories.AT)
        event = Event.objects.get(type="correction.ordered")
        note = credit(event_id=event.pk, at=factories.AT, worker="test")
        assert note is not None

        _, xml = render(note)

        # 5 x 9.99 = 49.95 gross: / 1.19 = 41.97 net, though these lines bear 8.40 each
        tree = etree.fromstring(stored_bytes(xml))
        assert tree.findtext(".//{*}TaxBasisTotalAmount") == "41.97"
        assert tree.findtext(".//{*}TaxTotalAmount") == "7.98"
