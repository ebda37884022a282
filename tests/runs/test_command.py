"""`manage.py run_billing`: bills in the terminal, or tells what billing would come to."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, OperationalError, connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from billing.catalog.models import Plan
from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.contracts.queries import DueKind
from billing.customers.models import Customer
from billing.events.models import BulkMessage, Event
from billing.sellers.models import Seller, TestClock
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.due import DueOn
from invoices.management.commands import run_billing
from invoices.runs.commands import append_runs
from invoices.runs.models import BillingRun
from invoices.runs.queries import dry_run, dry_runs
from tests import factories
from tests.runs.conftest import FEBRUARY, JANUARY, contracts, drain

ON = date(2026, 2, 1)


@pytest.fixture
def seller(db: None) -> Seller:
    """In test mode, so that its day is told: 1 February."""
    made = factories.seller()
    due(made, 3)
    return made


def due(seller: Seller, count: int, plan: Plan | None = None) -> list[Contract]:
    """Contracts that began in January and are due on the seller's day."""
    TestClock.objects.filter(seller=seller).update(today=JANUARY.date())
    seller.refresh_from_db()
    made = contracts(seller, count, plan)
    TestClock.objects.filter(seller=seller).update(today=ON)
    seller.refresh_from_db()
    return made


def run(*options: str) -> int:
    """Run the command, and return its exit code."""
    try:
        call_command("run_billing", *options)
    except SystemExit as left:
        return int(str(left.code))
    return 0


def lacks_a_tax_number(seller: Seller) -> None:
    """What the law wants on an invoice: nothing of the seller can be billed."""
    Seller.objects.filter(pk=seller.pk).update(vat_id="", tax_number="")


class TestBilling:
    def test_it_bills_what_is_due_by_a_day(
        self, seller: Seller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run("--until", "2026-02-01", "--here") == 0

        assert "3 of 3 billed until 2026-02-01" in capsys.readouterr().out
        assert Invoice.objects.filter(issue_date=ON).count() == 3
        assert BillingRun.objects.get().done == 3

    def test_it_says_if_nothing_is_due(
        self, seller: Seller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run("--until", "2026-01-31") == 0
        assert "Nothing" in capsys.readouterr().out

    def test_it_refuses_a_day_that_has_not_come(self, seller: Seller) -> None:
        with pytest.raises(CommandError, match="2026-02-02 has not come yet"):
            run("--until", "2026-02-02")

    def test_it_leaves_with_1_if_something_failed(
        self, seller: Seller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lacks_a_tax_number(seller)

        assert run("--here") == 1

        out = capsys.readouterr().out
        assert "0 of 3 billed" in out
        assert "seller_data_missing" in out

    def test_what_failed_before_is_told_again(
        self, seller: Seller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lacks_a_tax_number(seller)
        run("--here")
        capsys.readouterr()

        assert run("--here") == 1

        assert "3 that failed before are not billed" in capsys.readouterr().out

    @pytest.mark.parametrize("cause", [None, psycopg.errors.DeadlockDetected()])
    def test_it_waits_while_the_database_is_away_or_busy(
        self, seller: Seller, monkeypatch: pytest.MonkeyPatch, cause: Exception | None
    ) -> None:
        faults = [OperationalError("away")]

        def progress_of(*given: Any, **named: Any) -> Any:
            if faults:
                raise faults.pop() from cause
            return look(*given, **named)

        look = run_billing._progress_of
        monkeypatch.setattr(run_billing, "_progress_of", progress_of)
        monkeypatch.setattr(run_billing, "AWAY_SECONDS", 0)
        # The test's transaction would end with it.
        monkeypatch.setattr(connection, "close", lambda: None)

        assert run("--here") == 0

        assert not faults

    def test_what_a_test_clock_makes_due_ahead_of_real_time_is_sent_at_once(
        self, seller: Seller
    ) -> None:
        append_runs(seller, DueKind.PERIODS, at=JANUARY)

        assert BulkMessage.objects.get().next_send_at <= JANUARY

    def test_days_that_were_missed_are_billed_too(self, seller: Seller) -> None:
        seller.test_clock.today = date(2026, 4, 1)
        seller.test_clock.save()

        assert run("--here") == 0
        assert Invoice.objects.count() == 4 * 3


def sums(seller: Seller, **given: Any) -> Any:
    return dry_run(seller, until=ON, at=FEBRUARY, **given)


def seats(contract: Contract, quantity: int, *, at: datetime) -> None:
    request = ChangeRequest(
        kind=SubscriptionChange.Kind.CHANGE_QUANTITY,
        quantity=Decimal(quantity),
        on=ON,
    )
    subscription = Subscription.objects.get(contract=contract)
    change_subscription(subscription_id=subscription.pk, request=request, at=at)
    drain(at=at)


def past_triggers(facts: QuerySet[Any], **values: Any) -> None:
    """Make facts say what the database refuses."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        facts.update(**values)
        cursor.execute("SET session_replication_role = DEFAULT")


class TestDryRun:
    def test_it_tells_what_billing_then_comes_to(self, seller: Seller) -> None:
        seats(Contract.objects.earliest("pk"), 3, at=JANUARY)

        found = sums(seller)
        run("--here")

        billed = Invoice.objects.filter(issue_date=ON)
        assert sorted(billed.values_list("net_minor", flat=True)) == [30_00, 30_00, 90_00]
        euros = found.sums["EUR"]
        assert (euros.contracts, euros.net_minor) == (3, 150_00)
        # 19 % of 30.00 and of 90.00, rounded once per document
        assert (euros.tax_minor, euros.gross_minor) == (2 * 5_70 + 17_10, 178_50)
        assert (euros.before_minor, euros.first_time) == (90_00, 0)

    def test_it_lists_the_largest_differences_with_reasons(self, seller: Seller) -> None:
        first, second, _ = Contract.objects.order_by("pk")
        seats(first, 2, at=JANUARY)
        seats(second, 5, at=JANUARY)

        (largest,) = sums(seller, largest=1).largest

        assert (largest.contract_id, largest.change_minor) == (second.pk, 120_00)
        assert largest.reasons == ("base: quantity 1 → 5",)

    def test_it_tells_what_would_fail_and_why(
        self, seller: Seller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lacks_a_tax_number(seller)

        assert run("--dry-run") == 1

        out = capsys.readouterr().out
        assert "3 would fail: seller_data_missing" in out

    def test_it_tells_what_was_charged_the_last_time_and_would_fail(
        self, seller: Seller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        name = Customer.objects.earliest("pk").name
        lacks_a_tax_number(seller)

        euros = sums(seller).sums["EUR"]
        run("--dry-run")

        assert (euros.contracts, euros.net_minor, euros.before_minor) == (0, 0, 0)
        assert euros.failing_before_minor == 3 * 30_00
        assert f", {name}: " in capsys.readouterr().out

    def test_who_owes_nothing_any_more_is_a_difference(self, seller: Seller) -> None:
        contract = Contract.objects.earliest("pk")
        seats(contract, 0, at=JANUARY)

        found = sums(seller)

        assert (found.due, found.nothing_owed) == (3, 1)
        assert (found.sums["EUR"].net_minor, found.sums["EUR"].before_minor) == (60_00, 90_00)
        (missing,) = found.largest
        assert (missing.contract_id, missing.change_minor) == (contract.pk, -30_00)
        assert missing.reasons == ("base: gone",)

    def test_it_stores_nothing(self, seller: Seller, capsys: pytest.CaptureFixture[str]) -> None:
        before = [model.objects.count() for model in (Event, Invoice, Charge, BillingRun)]

        assert run("--dry-run") == 0

        assert [model.objects.count() for model in (Event, Invoice, Charge, BillingRun)] == before
        assert "nothing is stored" in capsys.readouterr().out

    def test_its_transaction_can_only_read(
        self, seller: Seller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def write(_contract_ids: object) -> None:
            factories.customer(seller)

        monkeypatch.setattr(dry_runs, "charged_before", write)

        with pytest.raises(InternalError, match="read-only transaction"), transaction.atomic():
            sums(seller)

    def test_it_looks_at_chunk_after_chunk(
        self, seller: Seller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dry_runs, "CHUNK", 2)
        heard: list[int] = []

        found = sums(seller, heard=heard.append)

        assert (found.due, heard) == (3, [2, 1])

    def test_one_that_fails_does_not_keep_its_neighbours_from_being_told(
        self, seller: Seller
    ) -> None:
        first, second, _ = Contract.objects.order_by("pk")
        past_triggers(Contract.objects.filter(pk=first.pk), currency="USD")  # Its plan has none.
        seats(second, 10, at=JANUARY)  # Above 250.00 a document must name its customer.
        Customer.objects.filter(pk=second.customer_id).update(name="")

        found = sums(seller)

        assert found.failing == {"price_missing": 1, "customer_data_missing": 1}
        assert {each.contract_id for each in found.examples} == {first.pk, second.pk}
        assert (found.due, found.sums["EUR"].contracts) == (3, 1)

    def test_it_asks_as_much_for_many_as_for_few(self, seller: Seller) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as statements:
                sums(seller)
            return len(statements)

        few = asked()
        due(seller, 12)

        assert asked() == few < 30
        assert sums(seller).sums["EUR"].contracts == 15

    def test_what_refuses_all_together_is_found_in_halves(
        self, seller: Seller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read, latest = dry_runs.owed_on_days, Contract.objects.latest("pk")

        def refuse(asked: Sequence[DueOn], **given: Any) -> Any:
            if latest in [each.contract for each in asked]:
                raise ArithmeticError("Its sum is too large.")
            return read(asked, **given)

        monkeypatch.setattr(dry_runs, "owed_on_days", refuse)
        found = sums(seller)

        assert found.failing == {"defect": 1}
        assert [each.contract_id for each in found.examples] == [latest.pk]
        assert found.sums["EUR"].contracts == 2


def refusing(error: OperationalError, cause: Exception | None = None) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise error from cause

    return refuse


def test_a_database_that_is_away_is_told(seller: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    away = refusing(OperationalError("connection refused"))
    monkeypatch.setattr(run_billing, "find_seller", away)

    with pytest.raises(CommandError, match=r"The database is away.*It says: connection refused"):
        run()


def test_what_waiting_does_not_mend_is_not_taken_for_it(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = refusing(OperationalError("no space left on device"), psycopg.errors.DiskFull())
    monkeypatch.setattr(run_billing, "find_seller", full)

    with pytest.raises(OperationalError, match="no space left"):
        run()
