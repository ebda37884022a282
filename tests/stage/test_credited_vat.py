"""A credit bears the VAT of what it takes back, whoever the customer has become meanwhile."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Subscription, SubscriptionChange
from billing.customers.commands import change_customer
from billing.customers.models import Customer
from billing.sellers.models import Seller, TestClock
from invoices.issuing.models import Invoice
from tests import factories
from tests.stage.conftest import AT, drain

Advance = Callable[[date], list[Invoice]]
KIND = SubscriptionChange.Kind
FRENCH, DUTCH = "FR40303265045", "NL004495445B01"


def taxes(invoice: Invoice) -> list[tuple[str, str, int, int]]:
    """Category, percentage, base and tax of each rate."""
    return [
        (tax["category"], tax["percent"], tax["base_minor"], tax["tax_minor"])
        for tax in invoice.taxes
    ]


def becomes(customer: Customer, **details: object) -> None:
    change_customer(customer_id=customer.pk, details=details, at=AT)


class Sold:
    """A subscription of 30.00 a month from January 1 on, and a plan of 15.00 to change to."""

    def __init__(self, seller: Seller, advance: Advance, **customer: Any) -> None:
        self.customer = factories.customer(seller, **{"country": "FR", **customer})
        self.small = factories.plan(seller, price={"unit_price": Decimal("15.00")})
        contract = factories.contract(self.customer)
        plan = factories.plan(seller, price={"recorded_on": date(2020, 1, 1)})
        self.row: Subscription = factories.subscription(contract, plan)
        self.advance = advance
        drain()

    def change(self, to: date, **request: Any) -> list[Invoice]:
        self.advance(to)
        wanted = ChangeRequest(**request)
        change_subscription(subscription_id=self.row.pk, request=wanted, at=AT)
        return drain()

    def downgrade(self) -> Invoice:
        (made,) = self.change(date(2026, 1, 17), kind=KIND.CHANGE_PLAN, plan=self.small)
        return made


class TestCreditedVat:
    def test_who_gets_a_vat_id_gets_the_vat_back(self, seller: Seller, advance: Advance) -> None:
        sold = Sold(seller, advance)
        becomes(sold.customer, vat_id=FRENCH)

        note = sold.downgrade()

        # -30.00 x 15/31 as charged, 15.00 x 15/31 by reverse charge
        assert taxes(note) == [("AE", "0", 726, 0), ("S", "19", -1452, -276)]
        assert (note.kind, note.gross_minor) == ("credit_note", -1002)
        assert [row["number"] for row in note.corrects] == ["R2026-000001"]
        assert note.customer_as_printed["vat_id"] == FRENCH
        call_command("verify")

    def test_who_loses_the_vat_id_gets_no_vat_back(self, seller: Seller, advance: Advance) -> None:
        sold = Sold(seller, advance, vat_id=FRENCH)
        becomes(sold.customer, vat_id="")

        note = sold.downgrade()

        assert taxes(note) == [("AE", "0", -1452, 0), ("S", "19", 726, 138)]
        assert (note.net_minor, note.gross_minor) == (-726, -588)
        # Reverse charge wants the VAT id under which it was.
        assert note.customer_as_printed["vat_id"] == ""
        assert note.customer_as_printed["credited_vat_id"] == FRENCH
        call_command("verify")

    def test_who_moves_within_the_union_has_both_vat_ids(
        self, seller: Seller, advance: Advance
    ) -> None:
        sold = Sold(seller, advance, vat_id=FRENCH)
        becomes(sold.customer, country="NL", vat_id=DUTCH)

        note = sold.downgrade()

        assert taxes(note) == [("AE", "0", -726, 0)]
        assert note.customer_as_printed["vat_id"] == DUTCH
        assert note.customer_as_printed["credited_vat_id"] == FRENCH
        call_command("verify")

    def test_a_consumer_who_moves_gets_back_the_vat_of_the_old_country(
        self, seller: Seller, advance: Advance
    ) -> None:
        Seller.objects.update(oss=True)
        sold = Sold(seller, advance, kind="consumer")
        becomes(sold.customer, country="CH")

        note = sold.downgrade()

        assert taxes(note) == [("O", "0", 726, 0), ("S", "20", -1452, -290)]
        call_command("verify")

    def test_a_mixed_sum_above_zero_is_an_invoice(self, seller: Seller, advance: Advance) -> None:
        sold = Sold(seller, advance, vat_id=FRENCH)
        becomes(sold.customer, vat_id="")
        large = factories.plan(seller, price={"unit_price": Decimal("60.00")})

        (invoice,) = sold.change(date(2026, 1, 17), kind=KIND.CHANGE_PLAN, plan=large)

        assert (invoice.kind, invoice.corrects) == ("invoice", [])
        assert taxes(invoice) == [("AE", "0", -1452, 0), ("S", "19", 2903, 552)]
        assert invoice.customer_as_printed["credited_vat_id"] == FRENCH
        call_command("verify")

    def test_what_was_charged_at_two_taxes_is_given_back_at_each(
        self, seller: Seller, advance: Advance
    ) -> None:
        sold = Sold(seller, advance)
        sold.change(date(2026, 1, 10), kind=KIND.CANCEL, on=date(2026, 2, 15))
        advance(date(2026, 2, 1))  # 30.00 x 14/28 at 19 %
        becomes(sold.customer, vat_id=FRENCH)
        sold.change(date(2026, 2, 5), kind=KIND.UNDO)  # 30.00 x 14/28 at AE

        (note,) = sold.change(date(2026, 2, 12), kind=KIND.CANCEL, on=date(2026, 2, 10))

        # 30.00 x 9/28 stay owed: of 15.00 at 19 % 9.64
        assert taxes(note) == [("AE", "0", -1500, 0), ("S", "19", -536, -102)]
        assert [(str(x.starts_on), str(x.ends_on)) for x in note.lines.order_by("position")] == [
            ("2026-02-15", "2026-03-01"),
            ("2026-02-10", "2026-02-15"),
        ]
        assert [row["number"] for row in note.corrects] == ["R2026-000002", "R2026-000003"]
        call_command("verify")

    def test_what_is_collected_later_keeps_the_tax_too(
        self, seller: Seller, advance: Advance
    ) -> None:
        sold = Sold(seller, advance)
        becomes(sold.customer, grouping="monthly", invoice_day=31)
        sold.change(date(2026, 1, 17), kind=KIND.CHANGE_PLAN, plan=sold.small)
        advance(date(2026, 1, 20))
        becomes(sold.customer, vat_id=FRENCH)

        *_, note = advance(date(2026, 2, 1))

        assert taxes(note) == [("AE", "0", 726, 0), ("S", "19", -1452, -276)]
        call_command("verify")

    def test_what_waits_takes_the_status_of_its_document(
        self, seller: Seller, advance: Advance
    ) -> None:
        sold = Sold(seller, advance, grouping="monthly", invoice_day=31)
        sold.change(date(2026, 1, 17), kind=KIND.CHANGE_PLAN, plan=sold.small)
        advance(date(2026, 1, 20))
        becomes(sold.customer, vat_id=FRENCH)

        (invoice,) = advance(date(2026, 2, 1))

        assert [tax[:2] for tax in taxes(invoice)] == [("AE", "0")]
        call_command("verify")

    def test_over_a_change_of_rate_the_whole_charge_is_given_back_as_charged(
        self, db: None
    ) -> None:
        seller = factories.seller(clock=date(2020, 6, 15))
        sold = Sold(seller, lambda _: drain(), country="DE", kind="consumer")
        becomes(sold.customer, country="CH")
        TestClock.objects.update(today=date(2020, 6, 25))

        (note,) = sold.change(date(2020, 6, 25), kind=KIND.CANCEL)

        # 30.00 at 16 %, the rate of July 14; 30.00 x 10/30 of June owe 19 % in Germany still.
        assert taxes(note) == [("S", "16", -3000, -480), ("S", "19", 1000, 190)]
        call_command("verify")

    def test_the_corrected_invoices_are_looked_up_at_once(
        self, seller: Seller, advance: Advance
    ) -> None:
        sold = Sold(seller, advance)
        for code in ("seats", "disk", "lines"):
            factories.price_of(sold.row.changes.get().plan, code=code, text=code)
        more = factories.subscription(sold.row.contract, sold.row.changes.get().plan)
        (bought,) = advance(date(2026, 1, 16))
        cancel = ChangeRequest(kind=KIND.CANCEL)
        change_subscription(subscription_id=more.pk, request=cancel, at=AT)

        with CaptureQueriesContext(connection) as asked:
            (note,) = drain()

        assert note.lines.count() == 4
        assert note.corrects == [{"number": bought.number, "issue_date": "2026-01-01"}]
        looked_up = [query for query in asked if '"invoices_invoice"."number"' in query["sql"]]
        assert len([query for query in looked_up if "is_credit" in query["sql"]]) == 1

    def test_the_proof_finds_a_credit_at_todays_tax(
        self, seller: Seller, advance: Advance, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sold = Sold(seller, advance)
        becomes(sold.customer, vat_id=FRENCH)
        sold.downgrade()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "UPDATE invoices_charge SET tax_category = 'AE', tax_percent = 0,"
                " is_taxed_as_charged = false WHERE is_credit"
            )

        with pytest.raises(SystemExit):
            call_command("verify")

        assert "takes back more at AE 0 % than was charged at it" in capsys.readouterr().out
