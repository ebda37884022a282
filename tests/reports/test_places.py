"""Whose VAT a line is about, and to which accounts that leads."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import SubscriptionChange
from billing.customers.commands import change_customer
from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from invoices.issuing.queries.retention import retained_until
from invoices.reports.commands import assign_debtors
from invoices.reports.models import AccountOverride, Bookkeeping
from invoices.reports.queries.accounts import AccountMissing, Accounts
from invoices.reports.queries.datev import datev_files
from invoices.reports.queries.postings import Posting, Purpose, entries
from tests import factories
from tests.reports.conftest import AT, FIRST, LAST, order
from tests.stage.conftest import drain

AUSTRIAN = {"country": "AT", "vat_id": "ATU12345675"}
CONSUMER = {"country": "AT", "kind": "consumer"}
IN_ATHENS = {"delivery_street": "1", "delivery_city": "Athina", "delivery_country": "GR"}


def sold(
    seller: Seller, *, supply: str = "digital", net: str = "100.00", **customer: Any
) -> Invoice:
    factories.order(
        factories.customer(seller, **customer),
        factories.line(supply=supply, unit_price=Decimal(net)),
    )
    (invoice,) = drain()
    return invoice


def posted(invoice: Invoice) -> list[tuple[str, str, int]]:
    """Account, country and amount of revenue and VAT."""
    accounts = Accounts(invoice.seller_id, chart="03")
    (entry,) = entries(Invoice.objects.filter(pk=invoice.pk))
    return [
        (accounts.number(each, invoice), each.country, -each.amount_minor)
        for each in entry.postings
        if each.purpose in (Purpose.REVENUE, Purpose.VAT)
    ]


def european(books: Bookkeeping) -> list[tuple[str, str]]:
    """What the EU columns of the DATEV rows hold."""
    assign_debtors(books=books, at=AT)
    files = datev_files(books, first_day=FIRST, last_day=LAST, chart=None, at=AT)
    rows = next(iter(files)).content.decode("cp1252").splitlines()[2:]
    cells = [[cell.strip('"') for cell in row.split(";")] for row in rows]
    return [(row[39], row[40]) for row in cells]


class TestRegistrations:
    @pytest.fixture
    def seller(self, seller: Seller) -> Seller:
        factories.registration(seller, **AUSTRIAN)
        return seller

    def test_goods_have_the_account_of_supplies_taxed_there(
        self, seller: Seller, books: Bookkeeping
    ) -> None:
        invoice = sold(seller, supply="goods", **CONSUMER)

        assert posted(invoice) == [("8320", "AT", 100_00), ("1767", "AT", 20_00)]
        assert european(books) == [("AT", "20,00")]

    def test_services_have_none_before_the_adviser_names_it(
        self, seller: Seller, books: Bookkeeping
    ) -> None:
        sold(seller, **CONSUMER)

        with pytest.raises(AccountMissing, match="in AT"):
            european(books)

        AccountOverride.objects.create(
            seller=seller, purpose="revenue", account="8325", scope="registered",
            valid_from=date(2026, 1, 1), reason="Adviser", created_at=AT,
        )  # fmt: skip
        assert european(books) == [("AT", "20,00")]

    def test_what_is_sold_at_home_stays_there(self, seller: Seller) -> None:
        assert posted(sold(seller)) == [("8400", "DE", 100_00), ("1776", "DE", 19_00)]

    def test_it_is_kept_as_long_as_there(self, db: None) -> None:
        seller = factories.seller()
        factories.registration(seller)  # In France: ten years.
        abroad = sold(seller, kind="consumer", country="FR")

        assert retained_until(abroad) == date(2036, 12, 31)
        assert retained_until(sold(seller)) == date(2034, 12, 31)


class TestOneStopShop:
    def test_goods_are_no_electronic_service(self, seller: Seller, books: Bookkeeping) -> None:
        invoice = sold(seller, supply="goods", **CONSUMER)

        assert posted(invoice) == [("8320", "AT", 100_00), ("1767", "AT", 20_00)]

    def test_only_digital_services_are_taxed_at_the_consumers(self, seller: Seller) -> None:
        digital, other = (sold(seller, supply=kind, **CONSUMER) for kind in ("digital", "service"))

        assert posted(digital) == [("8331", "AT", 100_00), ("1768", "AT", 20_00)]
        assert posted(other) == [("8400", "DE", 100_00), ("1776", "DE", 19_00)]

    def test_what_an_override_puts_outside_the_union_is_posted_there(self, seller: Seller) -> None:
        factories.override(seller, category="O", country="CH")

        invoice = sold(seller, supply="service", kind="consumer", country="CH")

        assert posted(invoice) == [("8338", "CH", 100_00)]

    def test_goods_are_taxed_where_they_go(self, seller: Seller, books: Bookkeeping) -> None:
        invoice = sold(seller, supply="goods", kind="consumer", **IN_ATHENS)

        assert posted(invoice) == [("8320", "GR", 100_00), ("1767", "GR", 24_00)]
        assert european(books) == [("EL", "24,00")]
        assert retained_until(invoice) == date(2036, 12, 31)

    def test_what_is_exempt_is_so_at_home(self, seller: Seller) -> None:
        invoice = order(seller, ("50.00", "exempt"), **CONSUMER)

        assert posted(invoice) == [("8100", "DE", 50_00)]

    def test_goods_to_northern_ireland_are_in_the_union(
        self, seller: Seller, books: Bookkeeping
    ) -> None:
        invoice = sold(
            seller, supply="goods", country="GB", postcode="BT1 1AA", vat_id="XI110305878"
        )

        assert posted(invoice) == [("8125", "XI", 100_00)]
        assert european(books) == [("XI110305878", "")]

    def test_one_rate_of_two_countries_is_shared(self, seller: Seller) -> None:
        customer = factories.customer(
            seller, kind="consumer", delivery_street="1", delivery_city="Nicosia",
            delivery_country="CY",
        )  # fmt: skip
        lines = [factories.line(supply=supply) for supply in ("service", "goods")]
        factories.order(customer, *lines)
        (invoice,) = drain()

        # 2 x 99.00, of which 19 % in Germany and 19 % in Cyprus: 37.62 in all
        assert posted(invoice) == [
            ("8400", "DE", 99_00),
            ("8320", "CY", 99_00),
            ("1776", "DE", 18_81),
            ("1767", "CY", 18_81),
        ]

    def test_a_credit_is_posted_where_the_charge_was(self, seller: Seller) -> None:
        customer = factories.customer(seller, **CONSUMER)
        made = factories.subscription(factories.contract(customer), factories.plan(seller))
        drain()
        change_customer(customer_id=customer.pk, details={"country": "FR"}, at=AT)
        request = ChangeRequest(kind=SubscriptionChange.Kind.CANCEL)
        change_subscription(subscription_id=made.id, request=request, at=factories.AT)

        (note,) = drain()

        assert posted(note) == [("8331", "AT", -30_00), ("1768", "AT", -6_00)]


class TestSmallBusinesses:
    @pytest.mark.parametrize(
        ("days", "account"),
        [
            ({"small_business_from": date(2025, 1, 1)}, "8195"),
            (
                {
                    "small_business_from": date(2024, 1, 1),
                    "small_business_until": date(2025, 1, 1),
                },
                "8100",
            ),
        ],
    )
    def test_their_account_is_used_while_they_are_one(
        self, db: None, days: dict[str, date], account: str
    ) -> None:
        invoice = order(factories.seller(**days), ("50.00", "exempt"))

        assert posted(invoice) == [(account, "DE", 50_00)]


class TestDays:
    def test_vat_goes_by_the_day_of_supply(self, seller: Seller) -> None:
        invoice = order(seller, ("1.00", "standard"))
        posting = Posting(
            purpose=Purpose.VAT, amount_minor=-16, tax_category="S", percent=Decimal(16),
            country="DE", supply="service", latest_day=date(2020, 12, 31),
        )  # fmt: skip

        assert Accounts(seller.id, chart="03").number(posting, invoice) == "1775"
