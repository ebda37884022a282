"""What comes to a balance, and the invoices that use it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import SubscriptionChange
from billing.customers.models import Customer
from billing.events.models import Event
from billing.sellers.models import Seller
from invoices.balances.commands import (
    BalanceExpiresTooEarly,
    BalanceTooSmall,
    LotUsedUp,
    expire_lots,
    reverse_lot,
)
from invoices.balances.models import BalanceMovement
from invoices.balances.queries import balances
from invoices.issuing.models import Invoice
from invoices.proving.queries.story import story
from tests import factories
from tests.stage.conftest import AT, drain
from tests.stage.test_races import at_once, billing

Advance = Callable[[date], list[Invoice]]
Kind = BalanceMovement.Kind


def ordered(customer: Customer, gross: str = "119.00", **given: object) -> Invoice:
    """An invoice of this gross."""
    line = factories.line(unit_price=Decimal(gross), tax_included=True)
    factories.order(customer, line, **given)
    (invoice,) = drain()
    return invoice


NEW_YEAR = date(2026, 1, 1)


def moved(customer: Customer) -> list[tuple[str, int]]:
    rows = BalanceMovement.objects.filter(customer=customer).order_by("id")
    return [(row.kind, row.amount_minor) for row in rows]


def rests(customer: Customer) -> dict[str, list[int | None]]:
    """What is left of each lot, by currency, in the order in which they are used."""
    return {
        each.currency: [lot.rest_minor for lot in each.lots]
        for each in balances(customer, on=NEW_YEAR)
    }


class TestInvoices:
    def test_one_without_balance_is_payable_in_full(self, customer: Customer) -> None:
        invoice = ordered(customer)

        assert (invoice.prepaid_minor, invoice.payable_minor) == (0, 119_00)
        call_command("verify")

    def test_one_uses_what_there_is(self, customer: Customer) -> None:
        factories.money(customer, 100_00)

        invoice = ordered(customer)

        # 119.00 - 100.00
        assert (invoice.gross_minor, invoice.prepaid_minor, invoice.payable_minor) == (
            119_00, 100_00, 19_00,
        )  # fmt: skip
        assert moved(customer) == [("prepayment", 100_00), ("applied", -100_00)]
        assert balances(customer, on=NEW_YEAR) == []
        call_command("verify")

    def test_one_uses_no_more_than_its_gross(self, customer: Customer) -> None:
        factories.money(customer, 150_00)

        invoice = ordered(customer)

        assert (invoice.prepaid_minor, invoice.payable_minor) == (119_00, 0)
        assert rests(customer) == {"EUR": [31_00]}
        call_command("verify")

    def test_lots_that_expire_sooner_go_first_then_the_oldest(self, customer: Customer) -> None:
        lots = [
            factories.money(customer, 10_00, expires_on=expires_on)
            for expires_on in (None, None, date(2026, 3, 1), date(2026, 2, 1))
        ]

        ordered(customer, "25.00")

        # 10.00 until 1 February, 10.00 until 1 March, 5.00 of the oldest of the others
        for lot in lots:
            lot.refresh_from_db()
        assert [lot.rest_minor for lot in lots] == [5_00, 10_00, 0, 0]

    def test_other_currencies_and_customers_are_left_alone(
        self, customer: Customer, seller: Seller
    ) -> None:
        factories.money(customer, 10_00, currency="CHF")
        factories.money(factories.customer(seller), 10_00)

        assert ordered(customer).prepaid_minor == 0

    def test_a_customer_may_keep_the_balance(self, customer: Customer) -> None:
        Customer.objects.update(apply_balance="manual")
        factories.money(customer, 10_00)

        assert ordered(customer).prepaid_minor == 0
        assert rests(customer) == {"EUR": [10_00]}

    def test_the_hash_covers_what_is_prepaid(self, customer: Customer) -> None:
        factories.money(customer, 10_00)
        invoice = ordered(customer)

        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE invoices_invoice SET prepaid_minor = 0, payable_minor = 11900")
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")

        with pytest.raises(SystemExit):
            call_command("verify")
        assert invoice.prepaid_minor == 10_00

    def test_a_customer_without_balance_costs_one_query_more(self, customer: Customer) -> None:
        factories.order(customer)

        with CaptureQueriesContext(connection) as queries:
            drain()

        touching = [query for query in queries if "invoices_balancemovement" in query["sql"]]
        assert len(touching) == 1

    def test_the_story_tells_of_it(self, customer: Customer) -> None:
        factories.money(customer, 10_00, reason="Paid at the fair")
        invoice = ordered(customer)

        told = story(invoice.transaction_id)
        prepaid = story(BalanceMovement.objects.earliest("id").transaction_id)

        assert told is not None
        assert prepaid is not None
        assert [entry.title for entry in told.entries if entry.kind == "balance"] == [
            f"{customer.name}'s balance, applied to an invoice: -10.00 EUR"
        ]
        (booked,) = [entry for entry in prepaid.entries if entry.kind == "balance"]
        assert booked.title.endswith("prepayment: 10.00 EUR: Paid at the fair")


class TestCreditNotes:
    def credited(self, customer: Customer, advance: Advance) -> list[Invoice]:
        """Cancel after 10 of 31 days, and go on to February."""
        contract = factories.contract(customer)
        plan = factories.plan(customer.seller, price={"unit_price": Decimal(31)})
        subscription = factories.subscription(contract, plan)
        advance(date(2026, 1, 11))
        request = ChangeRequest(kind=SubscriptionChange.Kind.CANCEL)
        change_subscription(subscription_id=subscription.id, request=request, at=AT)
        return drain()

    def test_what_it_gives_back_pays_the_next_invoice(
        self, customer: Customer, advance: Advance
    ) -> None:
        (credit_note,) = self.credited(customer, advance)

        invoice = ordered(customer, "30.00")

        # 31.00 x 21/31 = 21.00 net, 24.99 gross
        assert (credit_note.gross_minor, credit_note.prepaid_minor) == (-24_99, 0)
        assert credit_note.payable_minor == -24_99
        assert (invoice.prepaid_minor, invoice.payable_minor) == (24_99, 5_01)
        assert moved(customer) == [("credit_note", 24_99), ("applied", -24_99)]
        call_command("verify")

    def test_what_is_paid_out_goes_to_no_balance(
        self, customer: Customer, advance: Advance
    ) -> None:
        Customer.objects.update(credit_notes_to="payout")

        self.credited(customer, advance)

        assert moved(customer) == []
        call_command("verify")

    def test_nothing_is_applied_to_one(self, customer: Customer, advance: Advance) -> None:
        factories.money(customer, 500_00)

        (credit_note,) = self.credited(customer, advance)

        # 500.00 - 36.89 for January + 24.99 back
        assert credit_note.prepaid_minor == 0
        assert rests(customer) == {"EUR": [463_11, 24_99]}


class TestStated:
    def test_a_fall_takes_from_lots_as_invoices_do(self, customer: Customer) -> None:
        factories.money(customer, 10_00)
        factories.money(customer, 10_00, expires_on=date(2026, 2, 1))

        factories.money(customer, -15_00, kind=Kind.ADJUSTMENT)

        assert rests(customer) == {"EUR": [5_00]}
        assert moved(customer)[2:] == [("adjustment", -10_00), ("adjustment", -5_00)]
        assert Event.objects.filter(type="balance.changed").count() == 3
        drain()
        call_command("verify")

    def test_it_can_t_take_more_than_there_is(self, customer: Customer) -> None:
        factories.money(customer, 10_00)

        with pytest.raises(BalanceTooSmall):
            factories.money(customer, -10_01, kind=Kind.ADJUSTMENT)

        assert rests(customer) == {"EUR": [10_00]}

    def test_what_expires_does_so_on_a_later_day(self, customer: Customer) -> None:
        with pytest.raises(BalanceExpiresTooEarly):
            factories.money(customer, 1, expires_on=date(2026, 1, 1))

    def test_what_is_left_of_a_lot_is_taken_back_once(self, customer: Customer) -> None:
        lot = factories.money(customer, 150_00)
        ordered(customer)

        made = reverse_lot(lot_id=lot.id, reason="Bounced", at=AT)

        assert (made.kind, made.amount_minor, made.reason) == ("reversed", -31_00, "Bounced")
        with pytest.raises(LotUsedUp):
            reverse_lot(lot_id=lot.id, reason="Bounced", at=AT)
        drain()
        call_command("verify")


class TestExpiry:
    def test_what_is_left_is_booked_out_on_its_day(
        self, customer: Customer, seller: Seller, advance: Advance
    ) -> None:
        factories.money(customer, 20_00, expires_on=date(2026, 2, 1))
        ordered(customer, "5.00")
        advance(date(2026, 1, 31))
        early = expire_lots(seller=seller, at=AT)
        advance(date(2026, 2, 1))

        counts = [expire_lots(seller=seller, at=AT) for _ in range(2)]

        assert (early, counts) == (0, [1, 0])
        assert moved(customer)[-1] == ("expired", -15_00)
        (event,) = Event.objects.filter(type="balance.expired")
        assert (event.as_of_date, event.state) == (date(2026, 2, 1), "noted")
        drain()
        call_command("verify")

    def test_what_has_expired_is_used_no_more(self, customer: Customer, advance: Advance) -> None:
        factories.money(customer, 20_00, expires_on=date(2026, 2, 1))
        advance(date(2026, 2, 1))

        assert ordered(customer).prepaid_minor == 0

    def test_on_the_day_before_it_is_used(self, customer: Customer, advance: Advance) -> None:
        factories.money(customer, 20_00, expires_on=date(2026, 2, 1))
        advance(date(2026, 1, 31))

        assert ordered(customer).prepaid_minor == 20_00


class TestRaces:
    def test_invoices_at_once_share_what_there_is(self, committed: None) -> None:
        customer = factories.customer(factories.seller())
        for _ in range(2):
            factories.money(customer, 100_00)
        for _ in range(6):
            factories.order(customer)

        at_once([billing(event) for event in Event.objects.filter(type="order.placed")])

        # 200.00 for two invoices of 117.81: one in full, one 82.19, the others nothing
        prepaid = sorted(Invoice.objects.values_list("prepaid_minor", flat=True))
        assert prepaid == [0, 0, 0, 0, 82_19, 117_81]
        assert balances(customer, on=NEW_YEAR) == []
        drain()
        call_command("verify")

    def test_a_lot_is_taken_back_or_used(self, committed: None) -> None:
        customer = factories.customer(factories.seller())
        lot = factories.money(customer, 50_00)
        factories.order(customer)
        (event,) = Event.objects.filter(type="order.placed")

        def take_back() -> object:
            try:
                return reverse_lot(lot_id=lot.id, reason="Bounced", at=AT)
            except LotUsedUp as refusal:
                return refusal

        at_once([billing(event), take_back])

        lot.refresh_from_db()
        assert lot.rest_minor == 0
        assert len(moved(customer)) == 2
        drain()
        call_command("verify")

    def test_many_bookings_out_book_it_once(self, committed: None) -> None:
        seller = factories.seller()
        customer = factories.customer(seller)
        factories.money(customer, 50_00, expires_on=date(2026, 1, 2))
        seller.test_clock.today = date(2026, 1, 2)
        seller.test_clock.save()

        counts = at_once([lambda: expire_lots(seller=seller, at=AT)] * 4)

        assert sorted(str(count) for count in counts) == ["0", "0", "0", "1"]
        drain()
        call_command("verify")
