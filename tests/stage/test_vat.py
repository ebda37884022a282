"""Which VAT an invoice bears, by its parties; the books can be proven of each."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from tests import factories
from tests.stage.conftest import drain

FRENCH = {"country": "FR", "vat_id": "FR40303265045"}


def invoice_of(seller: Seller, /, *lines: Any, on: date | None = None, **customer: Any) -> Invoice:
    """The invoice of an order: by default of 99.00 net at the standard rate."""
    factories.order(factories.customer(seller, **customer), *lines, ordered_on=on)
    (invoice,) = drain()
    return invoice


def taxes(invoice: Invoice) -> list[tuple[str, str, int]]:
    """Category, percentage and tax of each rate."""
    return [(tax["category"], tax["percent"], tax["tax_minor"]) for tax in invoice.taxes]


@pytest.fixture
def oss(seller: Seller) -> Seller:
    seller.oss = True
    seller.save()
    return seller


class TestVat:
    def test_a_french_business_owes_the_tax_itself(self, seller: Seller) -> None:
        invoice = invoice_of(seller, **FRENCH)

        assert taxes(invoice) == [("AE", "0", 0)]
        assert invoice.gross_minor == 9900
        call_command("verify")

    def test_without_vat_id_it_is_taxed_like_a_consumer(self, seller: Seller) -> None:
        invoice = invoice_of(seller, country="FR")

        assert taxes(invoice) == [("S", "19", 1881)]  # 99.00 x 19 %
        call_command("verify")

    def test_a_malformed_vat_id_is_none(self, seller: Seller) -> None:
        invoice = invoice_of(seller, country="FR", vat_id="FR40303265046")

        assert taxes(invoice) == [("S", "19", 1881)]
        call_command("verify")

    def test_a_french_consumer_pays_the_sellers_rate(self, seller: Seller) -> None:
        invoice = invoice_of(seller, country="FR", kind="consumer")

        assert taxes(invoice) == [("S", "19", 1881)]
        call_command("verify")

    def test_by_the_one_stop_shop_a_french_consumer_pays_the_french_rate(self, oss: Seller) -> None:
        reduced = factories.line(tax_class="reduced", unit_price=Decimal("100.00"))

        invoice = invoice_of(oss, factories.line(), reduced, country="FR", kind="consumer")

        # 100.00 x 5.5 %; 99.00 x 20 %
        assert taxes(invoice) == [("S", "5.5", 550), ("S", "20", 1980)]
        call_command("verify")

    def test_the_destinations_rate_is_that_of_the_day(self, oss: Seller) -> None:
        invoice = invoice_of(oss, country="EE", kind="consumer", on=date(2025, 6, 30))

        assert taxes(invoice) == [("S", "22", 2178)]  # 99.00 x 22 %, 24 % from July
        call_command("verify")

    def test_a_gross_price_holds_in_every_country(self, oss: Seller) -> None:
        line = factories.line(unit_price=Decimal("119.00"), tax_included=True)

        invoice = invoice_of(oss, line, country="FR", kind="consumer")

        assert taxes(invoice) == [("S", "20", 1983)]  # 119.00 - 119.00 / 1.2 = 119.00 - 99.17
        assert invoice.gross_minor == 11900
        call_command("verify")

    @pytest.mark.parametrize("kind", ["business", "consumer"])
    @pytest.mark.parametrize("country", ["CH", "GB", "US"])
    def test_outside_the_eu_nothing_is_due(self, oss: Seller, country: str, kind: str) -> None:
        exempt = factories.line(tax_class="exempt")

        invoice = invoice_of(oss, factories.line(), exempt, country=country, kind=kind)

        assert taxes(invoice) == [("O", "0", 0)]
        call_command("verify")

    def test_the_proof_rests_on_what_was_printed(self, oss: Seller) -> None:
        invoice = invoice_of(oss, country="FR", kind="consumer")
        invoice.customer.kind, invoice.customer.country = "business", "CH"
        invoice.customer.save()
        Seller.objects.update(oss=False)

        call_command("verify")

    def test_each_period_bears_the_rate_of_its_last_day(self, oss: Seller) -> None:
        customer = factories.customer(oss, country="LU", kind="consumer")
        plan = factories.plan(oss)
        factories.subscription(factories.contract(customer), plan, on=date(2023, 11, 15))

        (invoice,) = drain()

        first, second, *_ = invoice.lines.order_by("starts_on")
        assert first.tax_percent == 16  # Until December 14
        assert second.tax_percent == 17  # Until January 14: Luxembourg's 16 % end with 2023
        call_command("verify")
