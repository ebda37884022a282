"""Invoices of subscriptions, taken back: what is conceded, and what is owed again."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from billing.contracts.commands import append_due, change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Subscription, SubscriptionChange
from billing.customers.commands import change_customer
from billing.customers.models import Customer
from billing.sellers.models import Seller
from billing.usage.commands import record_usage
from invoices.credit_notes.queries.wanted import CorrectionDemands, Discount, Part
from invoices.issuing.models import Invoice
from invoices.issuing.queries.left import left_of_lines
from tests import factories
from tests.corrections.conftest import Advance, corrected, drain, ordered
from tests.stage.conftest import AT

KIND = SubscriptionChange.Kind
FRENCH = "FR40303265045"
Change = Callable[..., list[Invoice]]


@pytest.fixture
def subscription(customer: Customer) -> Subscription:
    """30.00 a month in advance, from 1 January on."""
    return factories.subscription(factories.contract(customer), factories.plan(customer.seller))


@pytest.fixture
def january(subscription: Subscription) -> Invoice:
    (invoice,) = drain()
    return invoice


@pytest.fixture
def change(subscription: Subscription, january: Invoice, advance: Advance) -> Change:
    def do(to: date, **request: Any) -> list[Invoice]:
        advance(to)
        wanted = ChangeRequest(**request)
        change_subscription(subscription_id=subscription.pk, request=wanted, at=AT)
        return drain()

    return do


def nets(*invoices: Invoice) -> list[int]:
    return [invoice.net_minor for invoice in invoices]


class TestConcessions:
    def test_they_are_not_charged_again(self, january: Invoice, advance: Advance) -> None:
        corrected(january, discount=Discount(amount=Decimal("10.00")))

        issued = advance(date(2026, 3, 1))

        assert nets(*issued) == [3000, 3000]
        call_command("verify")

    def test_a_whole_cancellation_is_one_too(self, january: Invoice, advance: Advance) -> None:
        (note,) = corrected(january)

        assert nets(note, *advance(date(2026, 2, 1))) == [-3000, 3000]
        call_command("verify")

    def test_a_credit_gives_back_no_more_than_is_left(
        self, january: Invoice, change: Change
    ) -> None:
        corrected(january, discount=Discount(amount=Decimal("20.00")))

        (note,) = change(date(2026, 1, 17), kind=KIND.CANCEL)

        # 30.00 x 15/31 = 14.52 unused, but 20.00 of 30.00 are given back: 10.00 are left
        assert nets(note) == [-1000]
        assert not any(left_of_lines(list(january.lines.all())).values())
        call_command("verify")

    def test_a_credit_of_less_is_given_in_full(self, january: Invoice, change: Change) -> None:
        corrected(january, discount=Discount(amount=Decimal("5.00")))

        assert nets(*change(date(2026, 1, 17), kind=KIND.CANCEL)) == [-1452]
        call_command("verify")

    def test_an_upgrade_over_one_charges_its_own(self, january: Invoice, change: Change) -> None:
        corrected(january, parts=[Part(position=1, amount=Decimal("30.00"))])

        (invoice,) = change(date(2026, 1, 17), kind=KIND.CHANGE_QUANTITY, quantity=Decimal(2))

        # 60.00 x 15/31 = 29.03; of January's 30.00 nothing is left to credit
        assert nets(invoice) == [2903]
        call_command("verify")

    def test_of_what_was_credited_less_is_left(self, january: Invoice, change: Change) -> None:
        change(date(2026, 1, 17), kind=KIND.CANCEL)

        (note,) = corrected(january)

        assert nets(note) == [-1548]  # 30.00 - 14.52
        call_command("verify")


class TestBillingAgain:
    def test_the_same_is_billed_to_the_customer_of_today(
        self, customer: Customer, january: Invoice, advance: Advance
    ) -> None:
        advance(date(2026, 3, 10))
        change_customer(customer_id=customer.pk, details={"name": "Bob GmbH"}, at=AT)

        note, anew = corrected(january, bill_again=True)

        assert nets(note, anew) == [-3000, 3000]
        (line,) = anew.lines.all()
        assert (line.starts_on, line.ends_on) == (date(2026, 1, 1), date(2026, 2, 1))
        assert (anew.customer_as_printed["name"], str(anew.issue_date)) == (
            "Bob GmbH", "2026-03-10",
        )  # fmt: skip
        assert nets(*advance(date(2026, 4, 1))) == [3000]
        call_command("verify")

    def test_with_the_vat_of_today(self, seller: Seller, advance: Advance) -> None:
        customer = factories.customer(seller, country="FR")
        factories.subscription(factories.contract(customer), factories.plan(seller))
        (january,) = drain()
        change_customer(customer_id=customer.pk, details={"vat_id": FRENCH}, at=AT)

        note, anew = corrected(january, bill_again=True)

        assert (note.tax_minor, anew.tax_minor) == (-570, 0)
        assert [tax["category"] for tax in (*note.taxes, *anew.taxes)] == ["S", "AE"]
        call_command("verify")

    def test_it_is_billed_by_the_facts_as_they_are(
        self, january: Invoice, change: Change, advance: Advance
    ) -> None:
        change(date(2026, 1, 17), kind=KIND.CANCEL)
        advance(date(2026, 2, 20))

        note, anew = corrected(january, bill_again=True)

        assert nets(note, anew) == [-1548, 1548]
        (line,) = anew.lines.all()
        assert (line.starts_on, line.ends_on) == (date(2026, 1, 1), date(2026, 1, 17))
        call_command("verify")

    def test_what_was_conceded_stays_given_back(self, january: Invoice) -> None:
        corrected(january, discount=Discount(percent=Decimal(10)))

        assert nets(*corrected(january, bill_again=True)) == [-2700, 2700]
        call_command("verify")

    def test_an_invoice_with_minus_lines_is_billed_alike(
        self, january: Invoice, change: Change
    ) -> None:
        (upgrade,) = change(date(2026, 1, 17), kind=KIND.CHANGE_QUANTITY, quantity=Decimal(2))

        note, anew = corrected(upgrade, bill_again=True)

        # -30.00 x 15/31, 60.00 x 15/31
        assert nets(upgrade, note, anew) == [1451, -1451, 1451]
        assert sorted(anew.lines.values_list("amount_minor", flat=True)) == [-1452, 2903]
        call_command("verify")

    def test_a_later_credit_refers_to_the_new_invoice(
        self, january: Invoice, change: Change
    ) -> None:
        _, anew = corrected(january, bill_again=True)

        (note,) = change(date(2026, 1, 17), kind=KIND.CANCEL)

        assert [row["number"] for row in note.corrects] == [anew.number]
        call_command("verify")

    def test_before_a_day_is_billed_it_comes_with_it(
        self, january: Invoice, seller: Seller
    ) -> None:
        seller.test_clock.today = date(2026, 2, 1)
        seller.test_clock.save()

        ordered(january, bill_again=True)
        append_due(seller, at=AT)

        note, renewal = drain()

        assert nets(note, renewal) == [-3000, 6000]
        call_command("verify")

    def test_it_is_done_again_and_again(self, january: Invoice) -> None:
        _, second = corrected(january, bill_again=True)
        note, third = corrected(second, bill_again=True)

        assert nets(note, third) == [-3000, 3000]
        call_command("verify")


class TestMinusLines:
    @pytest.fixture
    def upgrade(self, january: Invoice, change: Change) -> Invoice:
        (invoice,) = change(date(2026, 1, 17), kind=KIND.CHANGE_QUANTITY, quantity=Decimal(2))
        return invoice

    def test_without_billing_again_the_upgrade_is_free(self, upgrade: Invoice) -> None:
        (note,) = corrected(upgrade)

        assert (note.gross_minor, note.tax_minor) == (-upgrade.gross_minor, -upgrade.tax_minor)
        call_command("verify")

    def test_one_is_not_taken_back_by_itself(self, upgrade: Invoice) -> None:
        minus = upgrade.lines.get(priced_minor__lt=0).position

        with pytest.raises(Exception, match="gives something back"):
            ordered(upgrade, parts=[Part(position=minus, percent=Decimal(1))])

    def test_what_would_demand_money_is_refused(self, upgrade: Invoice) -> None:
        plus = upgrade.lines.get(priced_minor__gt=0).position
        corrected(upgrade, parts=[Part(position=plus, amount=Decimal("29.00"))])

        with pytest.raises(CorrectionDemands):
            ordered(upgrade)


class TestUsage:
    @pytest.fixture
    def used(self, seller: Seller, customer: Customer, advance: Advance) -> Invoice:
        """10 calls at 1.00 in January, billed on 1 February."""
        meter = factories.meter(seller, code="calls")
        price = {
            "code": "calls", "kind": "usage", "timing": "arrears", "model": "per_unit",
            "unit_price": Decimal("1.00"), "meter": meter,
        }  # fmt: skip
        plan = factories.plan(seller, price=price)
        factories.subscription(factories.contract(customer), plan, external_id="S1")
        advance(date(2026, 1, 10))
        self.use(seller, 10)
        (invoice,) = advance(date(2026, 2, 1))
        return invoice

    def use(self, seller: Seller, value: int) -> None:
        at = datetime(2026, 1, 5, 12, tzinfo=UTC)
        sent = factories.usage(at=at, value=Decimal(value))
        record_usage(seller=seller, records=[sent], at=AT)

    def test_it_is_billed_again_beside_what_came_late(
        self, seller: Seller, used: Invoice, advance: Advance
    ) -> None:
        self.use(seller, 5)

        late, note, anew = corrected(used, bill_again=True)

        assert nets(late, note, anew) == [500, -1000, 1000]
        assert (anew.lines.get().quantity, anew.lines.get().measured) == (10, 15)
        call_command("verify")

    def test_late_usage_of_a_conceded_period_is_charged_by_itself(
        self, seller: Seller, used: Invoice, advance: Advance
    ) -> None:
        corrected(used, parts=[Part(position=1, quantity=Decimal(4))])
        self.use(seller, 5)

        (invoice,) = advance(date(2026, 3, 1))

        assert nets(invoice) == [500]
        assert invoice.lines.get().quantity == 5
        call_command("verify")


class TestCollected:
    @pytest.fixture
    def monthly(self, seller: Seller, advance: Advance) -> Invoice:
        """One invoice of two contracts and an order, collected on 1 January."""
        customer = factories.customer(seller, grouping="monthly")
        for price in ("30.00", "12.00"):
            plan = factories.plan(seller, price={"unit_price": Decimal(price)})
            factories.subscription(factories.contract(customer), plan)
        factories.order(customer)
        (invoice,) = advance(date(2026, 1, 2))
        return invoice

    def test_all_of_it_is_taken_back(self, monthly: Invoice) -> None:
        (note,) = corrected(monthly)

        assert (note.net_minor, note.gross_minor) == (-monthly.net_minor, -monthly.gross_minor)
        assert note.contract is None
        call_command("verify")

    def test_each_contract_and_order_is_billed_again(self, monthly: Invoice) -> None:
        note, *anew = corrected(monthly, bill_again=True)

        assert sorted(nets(*anew)) == [1200, 3000, 9900]
        assert sum(nets(note, *anew)) == 0
        call_command("verify")
