"""What is printed and written of documents in another currency, and how they are booked."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from billing.sellers.models import Seller
from invoices.documents.commands.render import files_of
from invoices.documents.delivering import e_invoice
from invoices.documents.profiles import Profile
from invoices.documents.queries.described import described
from invoices.issuing.models import Invoice
from invoices.reports.commands import assign_debtors
from invoices.reports.models import Bookkeeping
from invoices.reports.queries.datev import datev_files
from tests import factories
from tests.documents.judge import official_findings
from tests.documents.printing.reading import text_of
from tests.exchange.test_issuing import bought, corrected
from tests.stage.conftest import drain

SELLER = {
    "iban": "DE02120300000000202051", "bic": "BYLADEM1001", "email": "rechnung@seller.example",
    "phone": "+49 30 123456", "contact_name": "Rechnungswesen",
    "electronic_address": "rechnung@seller.example", "electronic_address_scheme": "EM",
}  # fmt: skip
CUSTOMER = {"email": "einkauf@customer.example", "buyer_reference": "04011000-12345-34"}


@pytest.fixture
def seller(db: None) -> Seller:
    factories.exchange_rate("USD", "1.0823")
    return factories.seller(**SELLER)


def _xml(invoice: Invoice, profile: Profile) -> bytes:
    return e_invoice(described(invoice, list(invoice.lines.order_by("position"))), profile)


def _pages(invoice: Invoice) -> str:
    pdf = next(file for file in files_of(invoice, None) if file.kind == "pdf")
    return text_of(pdf.content).replace("\N{NO-BREAK SPACE}", " ")


def _taxes(xml: bytes) -> dict[str, str]:
    """The VAT totals by their currency, in either syntax."""
    found = etree.fromstring(xml).xpath(
        "//*[local-name()='TaxTotal']/*[local-name()='TaxAmount']"
        "|//*[local-name()='TaxTotalAmount']"
    )
    return {each.get("currencyID"): each.text for each in found}


class TestXml:
    @pytest.mark.parametrize("profile", [Profile.XRECHNUNG_UBL, Profile.ZUGFERD])
    def test_it_states_both_and_keeps_the_official_rules(
        self, seller: Seller, profile: Profile
    ) -> None:
        invoice = bought(seller, "100.00", **CUSTOMER)

        for each, currency in ((invoice, b"EUR"), (corrected(invoice), b"EUR")):
            xml = _xml(each, profile)
            assert _taxes(xml) == {"USD": "19.00", "EUR": "17.56"}
            assert b"TaxCurrencyCode>" + currency in xml
            assert official_findings(xml, profile) == set()

    def test_yen_in_euros(self, seller: Seller) -> None:
        factories.exchange_rate("JPY", "162.77")
        invoice = bought(seller, "500", currency="JPY", **CUSTOMER)

        xml = _xml(invoice, Profile.ZUGFERD)

        assert _taxes(xml) == {"JPY": "95.00", "EUR": "0.58"}
        assert official_findings(xml, Profile.ZUGFERD) == set()

    def test_without_vat_there_is_one_currency(self, seller: Seller) -> None:
        invoice = bought(seller, "100.00", country="FR", vat_id="FR40303265045", **CUSTOMER)

        xml = _xml(invoice, Profile.XRECHNUNG_UBL)

        assert _taxes(xml) == {"USD": "0.00"}
        assert b"TaxCurrencyCode" not in xml


class TestPages:
    def test_german(self, seller: Seller) -> None:
        said = _pages(bought(seller, "100.00", **CUSTOMER))

        assert "Umsatzsteuer in EUR: 17,56 €" in said
        assert "1 EUR = 1,0823 USD (Referenzkurs der EZB vom 01.01.2026)" in said

    def test_english_by_the_month_s_average(self, seller: Seller) -> None:
        Seller.objects.update(exchange_rate_policy="monthly")
        month = {"period": "month", "source": "BMF", "day": date(2026, 1, 1)}
        factories.exchange_rate("USD", "1.1", **month)

        said = _pages(bought(Seller.objects.get(), "100.00", locale="en", **CUSTOMER))

        assert "VAT in EUR: €17.27" in said
        assert "1 EUR = 1.1 USD (average rate of the German Ministry of Finance" in said
        assert "January 2026" in said

    def test_a_seller_s_own_words(self, seller: Seller) -> None:
        factories.own_rate(seller, "USD", "1.0900", source="Tageskurs <Hausbank> #1")

        said = _pages(bought(seller, "100.00", **CUSTOMER))

        assert "1 EUR = 1,09 USD (Tageskurs <Hausbank> #1, 01.01.2026)" in said

    def test_three_decimals_are_a_pdf_only(self, db: None) -> None:
        factories.exchange_rate("KWD", "0.3321")
        factories.exchange_rate("USD", "1.0823")
        seller = factories.seller(currency="KWD", **SELLER)
        invoice = bought(seller, "100.00")

        # 19.00 x 0.3321 / 1.0823 = 5.8301…
        assert (invoice.accounting_currency, invoice.accounting_tax_minor) == ("KWD", 5_830)
        assert [file.kind for file in files_of(invoice, None)] == ["pdf"]


class TestBooks:
    def test_datev_has_the_rate_and_the_amounts_in_euros(self, seller: Seller) -> None:
        books = Bookkeeping.objects.create(
            seller=seller, consultant_number=29098, client_number=55003
        )
        lines = [
            factories.line(unit_price=Decimal(net), tax_class=tax_class)
            for net, tax_class in (("100.00", "standard"), ("33.33", "reduced"))
        ]
        factories.order(factories.customer(seller), *lines, currency="USD")
        drain()
        bought(seller, "50.00", currency="EUR")

        rows = _rows(books)

        # 154.66 / 1.0823 = 142.8994…: 119.00 gives 109.9510…, 35.66 gives 32.9483…
        assert sorted(row[:6] for row in rows) == [
            ["119,00", "S", "USD", "1,082300", "109,95", "EUR"],
            ["35,66", "S", "USD", "1,082300", "32,95", "EUR"],
            ["59,50", "S", "EUR", "", "", ""],
        ]

    @pytest.mark.parametrize(
        ("currency", "rate", "net", "expected"),
        [
            # 1,190,000 / 18,123.45 = 65.6607…
            ("IDR", "18123.45", "1000000", ["1190000,00", "S", "IDR", "", "65,66", "EUR"]),
            # 119.00 / 0.8725 = 136.3896…
            ("GBP", "0.8725", "100", ["119,00", "S", "GBP", "", "136,39", "EUR"]),
        ],
    )
    def test_a_rate_that_does_not_fit_its_field_is_left_out(
        self, seller: Seller, currency: str, rate: str, net: str, expected: list[str]
    ) -> None:
        books = Bookkeeping.objects.create(
            seller=seller, consultant_number=29098, client_number=55003
        )
        factories.exchange_rate(currency, rate)
        bought(seller, net, currency=currency)

        assert [row[:6] for row in _rows(books)] == [expected]


def _rows(books: Bookkeeping) -> list[list[str]]:
    assign_debtors(books=books, at=factories.AT)
    days: dict[str, Any] = {"first_day": date(2026, 1, 1), "last_day": date(2026, 1, 31)}
    file, _ = datev_files(books, **days, chart=None, at=factories.AT)
    lines = file.content.decode("cp1252").splitlines()[2:]
    return [[cell.strip('"') for cell in line.split(";")] for line in lines]
