"""An event becomes an invoice: once, wholly, and the same whatever the order of messages."""

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.events.models import Attempt, Event
from billing.pricing.terms import When
from billing.sellers.models import Seller
from config.flow import BILL, FLOW
from invoices.issuing.commands import bill
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.content import content_hash
from tests import factories
from tests.stage.conftest import AT, drain, figures

Advance = Callable[[date], list[Invoice]]
Kind = SubscriptionChange.Kind
LATER = AT + timedelta(days=1)


@pytest.fixture
def contract(seller: Seller) -> Contract:
    return factories.contract(factories.customer(seller))


def changed(
    subscription: Subscription, kind: Kind, on: date | None = None, **given: object
) -> None:
    request = ChangeRequest(kind=kind, on=on, **given)  # type: ignore[arg-type]
    change_subscription(subscription_id=subscription.id, request=request, at=AT)


class TestAttempts:
    def test_each_names_the_task_of_its_event(
        self, seller: Seller, contract: Contract, advance: Advance
    ) -> None:
        subscription = factories.subscription(contract, factories.plan(seller))
        advance(date(2026, 2, 1))
        changed(subscription, Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        drain()

        named = set(Attempt.objects.values_list("event__type", "task"))

        assert {("period.ended", "issuing.bill_due"), ("subscription.changed", BILL)} <= named
        assert all(task in FLOW[kind] for kind, task in named)


class TestOrders:
    def test_an_order_becomes_an_invoice(self, seller: Seller) -> None:
        factories.order(factories.customer(seller))

        (invoice,) = drain()

        # 99.00 x 19 % = 18.81
        assert figures([invoice]) == [("2026-01-01", 9900, 1881, 11781)]
        assert (invoice.number, invoice.kind) == ("R2026-000001", "invoice")
        assert invoice.due_date == date(2026, 1, 15)

    def test_a_gross_price_is_kept(self, seller: Seller) -> None:
        lines = [factories.line(unit_price=Decimal("50.39"), tax_included=True)]
        factories.order(factories.customer(seller), *lines)

        (invoice,) = drain()

        # 50.39 / 1.19 = 42.3445 -> 42.34; 50.39 - 42.34 = 8.05
        assert figures([invoice]) == [("2026-01-01", 4234, 805, 5039)]

    def test_vat_is_computed_per_rate_on_the_document(self, seller: Seller) -> None:
        reduced = {"tax_class": "reduced", "unit_price": Decimal("0.10")}
        lines = [factories.line(unit_price=Decimal("0.13")) for _ in range(3)]
        factories.order(factories.customer(seller), *lines, factories.line(**reduced))

        (invoice,) = drain()

        # 0.39 x 19 % = 0.0741 -> 0.07 (per line it were 3 x 0.02 = 0.06); 0.10 x 7 % -> 0.01
        assert figures([invoice]) == [("2026-01-01", 49, 8, 57)]
        assert [tax["percent"] for tax in invoice.taxes] == ["7", "19"]

    def test_the_rate_of_the_day_of_supply_holds(self, seller: Seller) -> None:
        order = {"ordered_on": date(2020, 12, 31)}
        factories.order(factories.customer(seller), **order)

        (invoice,) = drain()

        # 99.00 x 16 % = 15.84
        assert figures([invoice]) == [("2026-01-01", 9900, 1584, 11484)]

    def test_a_product_has_its_price_of_the_day(self, seller: Seller) -> None:
        product = factories.product(seller)
        factories.price_of(of=product, unit_price=Decimal("12.50"))
        line = factories.line(product=product, text="", unit_price=None, tax_class="")
        factories.order(factories.customer(seller), line)

        (invoice,) = drain()

        assert (invoice.net_minor, invoice.lines.get().text) == (1250, "Base fee")

    def test_the_parties_are_frozen(self, seller: Seller) -> None:
        customer = factories.customer(seller, name="Alice GmbH")
        factories.order(customer)
        (invoice,) = drain()

        customer.name = "Bob GmbH"
        customer.save()

        invoice.refresh_from_db()
        assert invoice.customer_as_printed["name"] == "Alice GmbH"

    def test_billing_twice_issues_once(self, seller: Seller) -> None:
        factories.order(factories.customer(seller))
        event = Event.objects.get()

        first, second = drain([event]), drain([event])

        assert (len(first), second) == (1, [])
        assert Attempt.objects.filter(event=event).count() == 1

    def test_the_story_has_one_transaction_id(self, seller: Seller) -> None:
        order = factories.order(factories.customer(seller))
        (invoice,) = drain()

        event = Event.objects.get(payload__order_id=str(order.id))
        issued = Event.objects.get(type="invoice.issued")
        charge = Charge.objects.get()
        ids = {
            event.id, event.transaction_id, issued.transaction_id, charge.transaction_id,
            invoice.transaction_id,
        }  # fmt: skip
        assert len(ids) == 1

    def test_the_hash_chains_the_series(self, seller: Seller) -> None:
        customer = factories.customer(seller)
        for _ in range(2):
            factories.order(customer)

        first, second = drain()

        assert second.previous_hash == first.hash
        assert second.hash == content_hash(second, list(second.lines.order_by("position")))

    def test_a_free_order_makes_no_document(self, seller: Seller) -> None:
        factories.order(factories.customer(seller), factories.line(unit_price=Decimal(0)))

        assert drain() == []
        assert Event.objects.get().state == "handled"

    def test_an_order_costs_few_queries(self, seller: Seller) -> None:
        lines = [factories.line() for _ in range(20)]
        factories.order(factories.customer(seller), *lines)
        event = Event.objects.get()

        with CaptureQueriesContext(
            connection,
        ) as queries:
            drain([event])

        assert len(queries) <= 24  # One of them only since no documents are made: is an app told?

    def test_nothing_is_asked_while_the_number_series_is_locked(self, seller: Seller) -> None:
        Seller.objects.update(vat_id_policy="confirmed")
        factories.order(factories.customer(seller, vat_id="DE136695976"))

        with CaptureQueriesContext(connection) as asked:
            drain()

        queries = [query["sql"] for query in asked.captured_queries]
        locks = ['FROM "invoices_numberseries"' in sql and "FOR UPDATE" in sql for sql in queries]
        later = [sql for sql in queries[locks.index(True) :] if sql.startswith("SELECT")]
        assert [sql for sql in later if "invoices_numberseries" not in sql] == []


class TestSubscriptions:
    def test_it_is_charged_in_advance_on_each_turn(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        factories.subscription(contract, factories.plan(seller), quantity=Decimal(2))

        issued = advance(date(2026, 3, 15))

        # 2 x 30.00 = 60.00; 60.00 x 19 % = 11.40
        assert figures(issued) == [
            ("2026-01-01", 6000, 1140, 7140),
            ("2026-02-01", 6000, 1140, 7140),
            ("2026-03-01", 6000, 1140, 7140),
        ]

    def test_arrears_are_charged_when_the_period_has_ended(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        plan = factories.plan(seller, price={"timing": "arrears"})
        factories.subscription(contract, plan)

        issued = advance(date(2026, 2, 1))

        assert figures(issued) == [("2026-02-01", 3000, 570, 3570)]

    @pytest.mark.parametrize(
        ("interval", "count", "turns"),
        [
            ("day", 10, ["2026-01-01", "2026-01-11", "2026-01-21", "2026-01-31"]),
            ("week", 2, ["2026-01-01", "2026-01-15", "2026-01-29"]),
            ("quarter", 1, ["2026-01-01", "2026-04-01"]),
            ("half_year", 1, ["2026-01-01", "2026-07-01"]),
            ("year", 1, ["2026-01-01", "2027-01-01"]),
        ],
    )
    def test_every_interval_turns(
        self,
        contract: Contract,
        seller: Seller,
        advance: Advance,
        interval: str,
        count: int,
        turns: list[str],
    ) -> None:
        plan = factories.plan(seller, interval=interval, interval_count=count)
        factories.subscription(contract, plan)

        issued = advance(date.fromisoformat(turns[-1]))

        assert [str(invoice.issue_date) for invoice in issued] == turns

    def test_more_seats_in_mid_period(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        subscription = factories.subscription(contract, factories.plan(seller))
        advance(date(2026, 1, 16))

        changed(subscription, Kind.CHANGE_QUANTITY, quantity=Decimal(3))
        (invoice,) = drain()

        # used 30.00 x 15/31 = 14.516 -> 14.52, credit 15.48; 90.00 x 16/31 = 46.4516 -> 46.45
        assert [line.amount_minor for line in invoice.lines.order_by("position")] == [-1548, 4645]

    def test_a_cancellation_gives_the_rest_back(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        subscription = factories.subscription(contract, factories.plan(seller))
        advance(date(2026, 1, 16))

        changed(subscription, Kind.CANCEL)
        (note,) = drain()

        # 14.52 - 30.00 = -15.48; x 19 % = -2.9412 -> -2.94
        assert figures([note]) == [("2026-01-16", -1548, -294, -1842)]
        assert (note.kind, note.number) == ("credit_note", "G2026-000001")
        assert note.corrects == [{"number": "R2026-000001", "issue_date": "2026-01-01"}]

    def test_what_credits_take_back_is_looked_for_once_each(
        self,
        contract: Contract,
        seller: Seller,
        advance: Advance,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        of_credits = import_module("invoices.issuing.queries.corrected")
        plan, look, looks = factories.plan(seller), of_credits._takes_back, []
        for number in range(11):
            factories.price_of(plan, code=f"extra-{number}")
        subscription = factories.subscription(contract, plan)
        advance(date(2026, 1, 16))

        def counted(line: Charge, charge: Charge) -> bool:
            looks.append((line.price_code, charge.price_code))
            return bool(look(line, charge))

        monkeypatch.setattr(of_credits, "_takes_back", counted)
        changed(subscription, Kind.CANCEL)
        (note,) = drain()

        assert note.lines.count() == 12
        assert note.corrects == [{"number": "R2026-000001", "issue_date": "2026-01-01"}]
        assert len(set(looks)) == 12

    def test_a_cancellation_at_the_periods_end_costs_nothing_more(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        subscription = factories.subscription(contract, factories.plan(seller))
        advance(date(2026, 1, 16))

        changed(subscription, Kind.CANCEL, when=When.PERIOD_END)

        assert advance(date(2026, 6, 1)) == []
        contract.refresh_from_db()
        assert contract.next_billing_date is None

    def test_two_subscriptions_share_an_invoice_at_the_turn(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        for _ in range(2):
            factories.subscription(contract, factories.plan(seller))
        advance(date(2026, 1, 31))

        assert figures(advance(date(2026, 2, 1))) == [("2026-02-01", 6000, 1140, 7140)]


class TestOrderOfMessages:
    """Whichever message comes first, each fact has its own document, and the same one."""

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
    def test_it_does_not_matter(
        self, contract: Contract, seller: Seller, order: tuple[int, ...]
    ) -> None:
        subscription = factories.subscription(contract, factories.plan(seller))
        changed(subscription, Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        changed(subscription, Kind.CHANGE_QUANTITY, quantity=Decimal(5))
        events = list(Event.objects.order_by("position"))

        drain([events[index] for index in order])

        # 30.00; - 30.00 + 60.00; - 60.00 + 150.00
        assert [invoice.net_minor for invoice in Invoice.objects.order_by("sequence")] == [
            3000, 3000, 9000,
        ]  # fmt: skip

    def test_missed_days_come_before_a_later_fact(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        subscription = factories.subscription(contract, factories.plan(seller))
        drain()
        seller.test_clock.today = date(2026, 3, 10)  # As after an outage of the scheduler.
        seller.test_clock.save()

        changed(subscription, Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        (event,) = Event.objects.filter(state="waiting")
        issued = bill(event_id=event.id, at=AT, worker="test")

        # February and March, then: 30.00 x 9/31 = 8.71 used, -21.29 + 60.00 x 22/31 = 42.58
        assert [invoice.net_minor for invoice in issued] == [3000, 3000, 2129]

    def test_an_outage_is_caught_up_with_one_invoice_per_period(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        factories.subscription(contract, factories.plan(seller))
        drain()
        seller.test_clock.today = date(2026, 4, 2)
        seller.test_clock.save()

        issued = advance(date(2026, 4, 2))

        assert [line.starts_on for invoice in issued for line in invoice.lines.all()] == [
            date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1),
        ]  # fmt: skip
        assert {invoice.issue_date for invoice in issued} == {date(2026, 4, 2)}


class TestAgreedPrices:
    """What is added to a plan or product later doesn't change what was agreed."""

    @pytest.fixture
    def billed(self, contract: Contract, seller: Seller) -> Subscription:
        made = factories.subscription(contract, factories.plan(seller))
        drain()
        return made

    @pytest.mark.parametrize("currency", ["EUR", "USD"])
    def test_a_later_price_is_not_charged(
        self, billed: Subscription, advance: Advance, currency: str
    ) -> None:
        plan = billed.changes.get().plan
        factories.price_of(plan, code="extra", currency=currency, created_at=LATER)

        assert [invoice.net_minor for invoice in advance(date(2026, 2, 1))] == [3000]
        call_command("verify")

    def test_small_changes_leave_the_books_proven(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        plan = factories.plan(seller, price={"unit_price": Decimal("0.15")})
        subscription = factories.subscription(contract, plan)
        advance(date(2026, 1, 31))

        changed(subscription, Kind.CHANGE_QUANTITY, quantity=Decimal(2))

        # 0.15 x 30/31 = 0.145 -> 0.15, no credit; 0.30 x 1/31 = 0.0097 -> 0.01
        assert [invoice.net_minor for invoice in drain()] == [1]
        call_command("verify")

    def test_amounts_are_rounded_once_however_long(
        self, contract: Contract, seller: Seller
    ) -> None:
        price = {"unit_price": Decimal("5000000000.999999999999"), "tax_class": "exempt"}
        quantity = Decimal("1.000000000001")
        factories.subscription(contract, factories.plan(seller, price=price), quantity=quantity)

        # 5000000001.004999999999999999999999
        assert [invoice.net_minor for invoice in drain()] == [500000000100]

    def test_a_product_has_one_price_a_day(self, seller: Seller) -> None:
        product = factories.product(seller)
        factories.price_of(of=product)

        with pytest.raises(IntegrityError, match="price_of_product_on_sale_once"):
            factories.price_of(of=product, code="other")
