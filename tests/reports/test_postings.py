"""Journal entries: what is owed, earned and due as VAT, for each document."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import plain_decimal
from billing.pricing.taxes import Tax, TaxedLine, totals
from billing.sellers.models import Seller
from invoices.issuing.models import Charge, Invoice
from invoices.reports.queries.accounts import Accounts
from invoices.reports.queries.postings import (
    Entry,
    Posting,
    Purpose,
    entries,
    entry_of,
)
from tests.reports.conftest import order, story

GERMAN = {"country": "DE", "oss": False}
TAXES = [Tax("S", Decimal(19)), Tax("S", Decimal(7)), Tax("AE", Decimal(0)), Tax("E", Decimal(0))]
LINES = st.lists(
    st.tuples(st.integers(-(10**9), 10**9), st.sampled_from(TAXES), st.booleans()), min_size=1
)


def _document(parts: list[tuple[int, Tax, bool]], prepaid: int) -> tuple[Invoice, list[Charge]]:
    taxed = [TaxedLine(amount, tax, included) for amount, tax, included in parts]
    found = totals(taxed, "EUR")
    invoice = Invoice(
        gross_minor=found.gross_minor,
        prepaid_minor=prepaid,
        seller_as_printed=GERMAN,
        customer_as_printed={"country": "FR", "kind": "business", "vat_id": ""},
        taxes=[
            {
                "category": tax.category,
                "percent": plain_decimal(tax.percent),
                "base_minor": tax.base_minor,
                "tax_minor": tax.tax_minor,
            }
            for tax in found.taxes
        ],
    )
    lines = [
        Charge(
            amount_minor=net,
            tax_category=tax.category,
            tax_percent=tax.percent,
            starts_on=date(2026, 1, 1 + number % 28),
        )
        for number, (net, (_, tax, _)) in enumerate(zip(found.line_nets, parts, strict=True))
    ]
    return invoice, lines


class TestProperties:
    @given(LINES, st.integers(0, 10**9), st.integers(0, 10**9))
    def test_debit_is_credit(
        self, parts: list[tuple[int, Tax, bool]], prepaid: int, kept: int
    ) -> None:
        invoice, lines = _document(parts, prepaid)

        entry = entry_of(invoice, lines, kept_minor=kept)

        assert entry.difference_minor == 0
        owed = entry.total(Purpose.RECEIVABLE) + entry.total(Purpose.BALANCE)
        assert owed == invoice.gross_minor
        assert entry.total(Purpose.REVENUE) + entry.total(Purpose.VAT) == -invoice.gross_minor


def _shown(entry: Entry, accounts: Accounts) -> list[tuple[str, int]]:
    return [(accounts.number(each, entry.invoice), each.amount_minor) for each in entry.postings]


class TestEntries:
    @pytest.mark.parametrize(("chart", "column"), [("03", 0), ("04", 1)])
    def test_of_a_story(self, seller: Seller, chart: str, column: int) -> None:
        story(seller)
        accounts = Accounts(seller.id, chart=chart)
        receivable, balance = ("1400", "1200")[column], ("1593", "1495")[column]
        full, vat = ("8400", "4400")[column], ("1776", "3806")[column]

        found = [_shown(entry, accounts) for entry in entries(Invoice.objects.all())]

        assert found == [
            # Credit note of 30.00 + 19 %, kept on the balance.
            [(receivable, -3570), (full, 3000), (vat, 570), (balance, -3570), (receivable, 3570)],
            [
                (receivable, 129_70),
                (full, -100_00),
                (("8300", "4300")[column], -10_00),
                (("1771", "3801")[column], -70),
                (vat, -19_00),
            ],
            [(receivable, 50_00), (("8100", "4100")[column], -50_00)],
            [(receivable, 200_00), (("8336", "4336")[column], -200_00)],
            # 20.00 + 23 % of Poland.
            [
                (receivable, 24_60),
                (("8331", "4331")[column], -20_00),
                (("1768", "3818")[column], -4_60),
            ],
            [(receivable, 300_00), (("8338", "4338")[column], -300_00)],
            [(receivable, 35_70), (full, -30_00), (vat, -5_70)],
            # 99.00 + 19 %, of which the balance pays 35.70.
            [
                (receivable, 117_81),
                (full, -99_00),
                (vat, -18_81),
                (balance, 35_70),
                (receivable, -35_70),
            ],
        ]

    def test_revenue_names_the_days_of_the_service(self, seller: Seller) -> None:
        story(seller)

        invoice = Invoice.objects.filter(contract__isnull=False, kind="invoice").get()
        (entry,) = entries(Invoice.objects.filter(pk=invoice.pk))

        (revenue,) = (each for each in entry.postings if each.purpose == Purpose.REVENUE)
        assert (revenue.starts_on, revenue.ends_on) == (date(2026, 1, 1), date(2026, 2, 1))
        assert revenue.supplied_on == date(2026, 1, 31)
        assert revenue.product_id == seller.products.get().id

    def test_rates_of_2020_have_their_accounts(self, seller: Seller) -> None:
        accounts = Accounts(seller.id, chart="03")
        values: dict[str, Any] = {"purpose": Purpose.VAT, "tax_category": "S", "country": "DE"}
        invoice = order(seller, ("1.00", "standard"))
        cut, now = date(2020, 7, 1), date(2021, 1, 1)

        def number(percent: int, day: date) -> str:
            posting = Posting(amount_minor=1, percent=Decimal(percent), starts_on=day, **values)
            return accounts.number(posting, invoice)

        assert [number(16, cut), number(5, cut), number(16, now)] == ["1775", "1773", ""]
