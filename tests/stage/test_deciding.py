"""Many failures are decided on together, and causes that heal by themselves are found."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from billing.catalog.models import Plan, Price
from billing.events.models import Event, Failure, FailureCause, FailureDecision, FailureNote
from billing.sellers.models import Seller
from invoices.issuing.commands import (
    Decision,
    Deed,
    decide,
    decide_on_cause,
    probe_causes,
    settle_failures,
)
from invoices.issuing.models import Invoice
from tests import factories
from tests.stage.conftest import AT, drain
from tests.stage.test_races import at_once

SOON = timedelta(minutes=16)
RETRY = Decision(deed=Deed.RETRY, by="ada", at=AT, why="Price entered.")
OFF = Decision(deed=Deed.WRITE_OFF, by="ada", at=AT, why="A test.")


def fail(plan: Plan, count: int = 3) -> FailureCause:
    """Contracts in dollars of a plan that is sold in euros."""
    with transaction.atomic():
        for _ in range(count):
            contract = factories.contract(factories.customer(plan.seller), currency="USD")
            factories.unpriced_subscription(contract, plan)
    drain()
    return FailureCause.objects.get(mend_id=str(plan.pk))


def mend(plan: Plan) -> Price:
    factories.exchange_rate("USD")
    return factories.price_of(plan, currency="USD", unit_price=Decimal("33.00"))


def states() -> list[str]:
    return list(Failure.objects.order_by("id").values_list("state", flat=True))


@pytest.fixture
def plan(seller: Seller) -> Plan:
    return factories.plan(seller)


class TestDeciding:
    def test_a_group_is_retried_by_events(self, plan: Plan) -> None:
        cause = fail(plan)
        mend(plan)

        count = decide_on_cause(cause, RETRY)

        assert (count, states()) == (3, ["open"] * 3)  # Nothing is done yet: whoever asked waits
        drain(Event.objects.filter(type="failures.decided"))
        assert states() == ["retried"] * 3
        assert len(drain()) == 3
        assert states() == ["resolved"] * 3
        assert set(Failure.objects.values_list("closed_by", "closing_note")) == {
            ("ada", "Price entered.")
        }

    def test_a_group_is_written_off_with_its_reason(self, plan: Plan) -> None:
        decide_on_cause(fail(plan), OFF)
        drain()

        assert states() == ["written_off"] * 3
        assert FailureNote.objects.get().text == "A test."

    def test_chunks_are_events_of_their_own(
        self, plan: Plan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cause = fail(plan)
        monkeypatch.setattr("invoices.issuing.commands.deciding.CHUNK", 2)

        decide_on_cause(cause, RETRY)

        sizes = [len(each.failure_ids) for each in FailureDecision.objects.order_by("id")]
        assert sizes == [2, 1]
        assert Event.objects.filter(type="failures.decided", state="waiting").count() == 2

    def test_sellers_are_decided_on_apart(self, plan: Plan) -> None:
        fail(plan, 1)
        fail(factories.plan(factories.seller()), 2)

        assert decide(Failure.objects.all(), RETRY) == 3
        made = FailureDecision.objects.all()
        assert sorted(len(each.failure_ids) for each in made) == [1, 2]
        for each in made:
            of = Failure.objects.filter(pk__in=each.failure_ids)
            assert set(of.values_list("seller", flat=True)) == {each.seller_id}

    def test_what_is_just_tried_is_waited_for(self, plan: Plan) -> None:
        cause = fail(plan, 2)
        probe_causes(at=AT + SOON)
        decide_on_cause(cause, OFF)
        (decided,) = Event.objects.filter(type="failures.decided")

        settle_failures(event_ids=[decided.pk], at=AT, worker="w")
        assert sorted(states()) == ["open", "written_off"]
        decided.refresh_from_db()
        assert decided.state == "waiting"

        drain()
        settle_failures(event_ids=[decided.pk], at=AT, worker="w")
        assert states() == ["written_off"] * 2

    def test_two_at_once_retry_each_event_once(self, committed: None) -> None:
        plan = factories.plan(factories.seller())
        cause = fail(plan, 4)
        mend(plan)

        at_once([lambda: decide_on_cause(cause, RETRY)] * 2)
        told = Event.objects.filter(type="failures.decided")
        at_once([lambda e=e: settle_failures(event_ids=[e.pk], at=AT, worker="w") for e in told])
        drain()

        assert told.count() == 2
        assert states() == ["resolved"] * 4
        assert Invoice.objects.count() == 4


class TestHealing:
    def test_only_one_of_a_cause_is_tried_first(self, plan: Plan) -> None:
        cause = fail(plan)
        mend(plan)

        probe_causes(at=AT + SOON)

        assert Event.objects.filter(state="waiting").count() == 1
        cause.refresh_from_db()
        assert (cause.probes, cause.probed_event is not None) == (1, True)

    def test_once_it_heals_the_others_are_tried(self, plan: Plan) -> None:
        fail(plan)
        mend(plan)
        probe_causes(at=AT + SOON)
        assert len(drain()) == 1

        probe_causes(at=AT + SOON)
        drain()
        invoices = drain()

        assert len(invoices) == 2
        assert states() == ["resolved"] * 3
        assert set(Failure.objects.values_list("closed_by", flat=True)) == {"the engine"}
        note = FailureNote.objects.get()
        assert (note.kind, note.by) == ("healed", "the engine")

    def test_while_it_fails_it_is_tried_ever_later(self, plan: Plan) -> None:
        cause, at, waits = fail(plan, 1), AT, []
        for _ in range(5):
            cause.refresh_from_db()
            assert cause.next_probe_at is not None
            waits.append(round((cause.next_probe_at - at) / timedelta(hours=1), 2))
            at = cause.next_probe_at
            probe_causes(at=at)
            drain()
            probe_causes(at=at)  # What became of it.

        assert waits == [0.25, 1, 6, 24, 24]
        assert states() == ["open"]

    def test_before_its_time_nothing_is_tried(self, plan: Plan) -> None:
        fail(plan)

        assert probe_causes(at=AT + timedelta(minutes=14)) == 0

    def test_a_price_that_is_recorded_brings_it_forward(self, plan: Plan) -> None:
        cause = fail(plan)
        other = fail(factories.plan(plan.seller), 1)
        FailureCause.objects.update(next_probe_at=AT.replace(year=2099))

        mend(plan)

        cause.refresh_from_db()
        other.refresh_from_db()
        assert cause.next_probe_at is not None
        assert cause.next_probe_at.year < 2099
        assert other.next_probe_at == AT.replace(year=2099)

    def test_so_does_a_change_of_the_customer(self, seller: Seller) -> None:
        customer = factories.customer(seller, street="")
        factories.order(customer, factories.line(unit_price=Decimal(1000)))
        drain()
        FailureCause.objects.update(next_probe_at=AT.replace(year=2099))
        customer.street = "Lindenstraße 5"
        customer.save(update_fields=["street"])

        cause = FailureCause.objects.get()
        assert cause.next_probe_at is not None
        assert cause.next_probe_at.year < 2099
        probe_causes(at=cause.next_probe_at)
        assert len(drain()) == 1

    def test_what_is_written_off_is_never_tried(self, plan: Plan) -> None:
        cause = fail(plan, 2)
        decide_on_cause(cause, OFF)
        drain()

        probe_causes(at=AT + SOON)

        assert not Event.objects.filter(state="waiting").exists()
        cause.refresh_from_db()
        assert cause.next_probe_at is None

    def test_a_defect_waits_for_someone(self, seller: Seller) -> None:
        huge = factories.line(quantity=Decimal(10) ** 16, unit_price=Decimal(10) ** 16)
        factories.order(factories.customer(seller), huge)
        drain()

        assert FailureCause.objects.get().next_probe_at is None
        assert probe_causes(at=AT + timedelta(days=9)) == 0

    def test_what_fails_again_later_is_looked_at_again(self, plan: Plan) -> None:
        cause = fail(plan, 1)
        decide_on_cause(cause, OFF)
        drain()
        probe_causes(at=AT + SOON)

        again = fail(plan, 1)

        assert again.pk == cause.pk
        assert again.next_probe_at is not None
        assert not Failure.objects.get(state="open").is_new

    def test_two_schedulers_try_one_once(self, committed: None) -> None:
        fail(factories.plan(factories.seller()))

        at_once([lambda: probe_causes(at=AT + SOON)] * 3)

        assert Event.objects.filter(state="waiting").count() == 1


class TestReplay:
    def test_a_cause_is_retried_from_the_terminal(
        self, plan: Plan, capsys: pytest.CaptureFixture[str]
    ) -> None:
        cause = fail(plan, 2)
        other = fail(factories.plan(plan.seller), 1)

        call_command("replay", "--cause", str(cause.fingerprint), "--why", "Price entered.")

        assert set(cause.failures.values_list("state", flat=True)) == {"retried"}
        assert other.failures.get().state == "open"
        assert "2 retried" in capsys.readouterr().out

    def test_a_cause_that_nothing_failed_by_is_refused(self, db: None) -> None:
        with pytest.raises(CommandError, match="Nothing ever failed by the cause"):
            call_command("replay", "--cause", "01890000-0000-7000-8000-000000000000")

    def test_only_what_was_named_is_retried(self, plan: Plan) -> None:
        fail(plan, 1)

        with pytest.raises(CommandError, match="Say what to retry"):
            call_command("replay")
        assert states() == ["open"]
        call_command("replay", "--all", "--dry-run")
        assert states() == ["open"]
        call_command("replay", "--all")
        assert states() == ["retried"]
