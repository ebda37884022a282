"""What must be approved is held with what it would be, and issued once someone else approved it."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, SubscriptionChange
from billing.customers.models import Customer
from billing.events import commands as events
from billing.events.actors import acting_as
from billing.events.models import Event
from billing.sellers.models import Seller
from invoices.credit_notes.commands import order_correction
from invoices.credit_notes.queries.wanted import Wanted
from invoices.issuing.commands import bill_due, bill_facts, write_off
from invoices.issuing.commands.approving import (
    Decider,
    DecisionRefused,
    NewRule,
    RuleEndedAlready,
    RuleRefused,
    approve,
    end_rule,
    look_again,
    reject,
    state_rule,
)
from invoices.issuing.models import Charge, Hold, HoldDecision, HoldRule, Invoice
from tests import factories
from tests.stage.conftest import AT, drain
from tests.stage.test_races import at_once

Advance = Callable[[date], list[Invoice]]
BEA = Decider(user_id=7, name="bea")
CARL = Decider(user_id=8, name="carl")
LATER = AT + timedelta(hours=1)


def rule(seller: Seller, kind: str, **given: Any) -> HoldRule:
    return state_rule(seller=seller, new=NewRule(kind=kind, **given), by="ada", at=AT)


def above(seller: Seller, limit_minor: int, kind: str = "amount") -> HoldRule:
    return rule(seller, kind, limit_minor=limit_minor, currency="EUR")


def held() -> Hold:
    return Hold.objects.select_related("failure").latest("id")


def unlike_before(seller: Seller) -> HoldRule:
    return rule(seller, "unusual", factor=Decimal(3), tolerance_percent=Decimal(20))


@pytest.fixture
def customer(seller: Seller) -> Customer:
    return factories.customer(seller)


@pytest.fixture
def hold(customer: Customer) -> Hold:
    """An order of 99.00 net (117.81 gross) where 100.00 needs no approval."""
    above(customer.seller, 100_00)
    factories.order(customer)
    assert drain() == []
    return held()


class TestHolding:
    def test_nothing_is_written_of_what_is_held(self, hold: Hold) -> None:
        assert not Charge.objects.exists()
        assert (hold.failure.code, hold.failure.state) == ("held", "open")
        assert hold.failure.reason == (
            "The invoice comes to 117.81 EUR gross: above 100.00 EUR it must be approved."
        )
        assert (hold.failure.money_at_stake_minor, hold.failure.currency) == (99_00, "EUR")

    def test_it_says_what_would_be_issued(self, hold: Hold) -> None:
        (document,) = hold.documents
        (line,) = document["lines"]

        assert (document["net_minor"], document["gross_minor"]) == (99_00, 117_81)
        assert (line["text"], line["quantity"], line["unit_price"]) == ("Training", "1", "99")

    @pytest.mark.parametrize(("limit_minor", "count"), [(117_80, 0), (117_81, 1)])
    def test_the_limit_itself_needs_no_approval(
        self, customer: Customer, limit_minor: int, count: int
    ) -> None:
        above(customer.seller, limit_minor)
        factories.order(customer)

        assert len(drain()) == count

    def test_a_limit_holds_for_its_currency_alone(self, customer: Customer) -> None:
        factories.exchange_rate("USD")
        above(customer.seller, 0)
        factories.order(customer, currency="USD")

        assert len(drain()) == 1

    def test_another_sellers_rules_hold_nothing(self, customer: Customer) -> None:
        above(factories.seller(), 0)
        factories.order(customer)

        assert len(drain()) == 1

    def test_a_customers_first_invoice(self, customer: Customer) -> None:
        rule(customer.seller, "first_invoice")
        factories.order(customer)
        factories.order(customer)
        assert drain() == []

        approve(hold_id=Hold.objects.earliest("id").pk, by=BEA, at=LATER)
        assert len(drain()) == 1
        look_again(hold_id=held().pk, by="bea", at=LATER)

        assert len(drain()) == 1

    def test_what_is_unlike_the_contracts_invoices(
        self, seller: Seller, customer: Customer, advance: Advance
    ) -> None:
        subscription = factories.subscription(factories.contract(customer), factories.plan(seller))
        unlike_before(seller)
        assert len(advance(date(2026, 4, 1))) == 4
        request = ChangeRequest(
            kind=SubscriptionChange.Kind.CHANGE_QUANTITY,
            quantity=Decimal(2),
            on=date(2026, 5, 1),
        )
        change_subscription(subscription_id=subscription.pk, request=request, at=AT)

        assert advance(date(2026, 5, 1)) == []
        assert held().failure.reason == (
            "The invoice comes to 60.00 EUR net. Of the contract's latest 4 invoices the median is "
            "30.00 EUR: usual is 24.00 EUR to 36.00 EUR."
        )

    def test_of_a_new_contract_nothing_is_usual_yet(
        self, seller: Seller, customer: Customer, advance: Advance
    ) -> None:
        factories.subscription(factories.contract(customer), factories.plan(seller))
        unlike_before(seller)

        assert len(advance(date(2026, 3, 1))) == 3

    def test_a_credit_note_that_falls_out_of_a_change(
        self, seller: Seller, customer: Customer
    ) -> None:
        subscription = factories.subscription(factories.contract(customer), factories.plan(seller))
        drain()
        above(seller, 30_00, "credit_note")
        request = ChangeRequest(kind=SubscriptionChange.Kind.CANCEL, on=date(2026, 1, 1))
        change_subscription(subscription_id=subscription.pk, request=request, at=AT)

        assert drain() == []
        assert "The credit note comes to -35.70 EUR gross" in held().failure.reason

    def test_a_credit_note_that_was_ordered(self, customer: Customer) -> None:
        factories.order(customer)
        (invoice,) = drain()
        above(customer.seller, 100_00, "credit_note")
        wanted = Wanted(reason="Wrong")
        order_correction(invoice_id=invoice.pk, wanted=wanted, by="ada", at=AT)
        assert drain() == []

        approve(hold_id=held().pk, by=BEA, at=LATER)
        (note,) = drain()

        assert (note.kind, note.gross_minor) == ("credit_note", -117_81)
        call_command("verify")

    def test_what_is_collected(self, seller: Seller, advance: Advance) -> None:
        above(seller, 100_00)
        customer = factories.customer(seller, grouping="per_day")
        factories.order(customer)
        factories.order(customer)
        assert advance(date(2026, 1, 2)) == []

        approve(hold_id=held().pk, by=BEA, at=LATER)
        (invoice,) = drain()

        assert invoice.net_minor == 198_00
        call_command("verify")


class TestTogether:
    def test_one_that_is_held_holds_up_no_other_of_the_chunk(self, seller: Seller) -> None:
        above(seller, 200_00)
        for quantity in (1, 3, 1):
            factories.order(factories.customer(seller), factories.line(quantity=Decimal(quantity)))
        waiting = Event.objects.filter(state="waiting").values_list("pk", flat=True)

        bill_facts(event_ids=list(waiting), at=AT, worker="test")

        assert [invoice.net_minor for invoice in Invoice.objects.all()] == [99_00, 99_00]
        assert held().documents[0]["net_minor"] == 297_00

    def test_what_is_approved_is_issued_of_a_bulk_as_well(
        self, seller: Seller, customer: Customer, advance: Advance
    ) -> None:
        factories.subscription(factories.contract(customer), factories.plan(seller))
        drain()
        above(seller, 30_00)
        advance(date(2026, 2, 1))
        approve(hold_id=held().pk, by=BEA, at=LATER)
        waiting = Event.objects.filter(state="waiting").values_list("pk", flat=True)

        bill_due(event_ids=list(waiting), at=AT, worker="test")

        assert Invoice.objects.count() == 2

    def test_without_rules_one_query_more_is_asked_of_a_chunk(self, seller: Seller) -> None:
        for _ in range(5):
            factories.order(factories.customer(seller))
        waiting = list(Event.objects.filter(state="waiting").values_list("pk", flat=True))

        with CaptureQueriesContext(
            connection,
        ) as asked:
            bill_facts(event_ids=waiting, at=AT, worker="test")

        assert Invoice.objects.count() == 5
        assert sum("invoices_holdrule" in query["sql"] for query in asked) == 1


class TestDeciding:
    def test_what_is_approved_is_issued_as_it_was_shown(self, hold: Hold) -> None:
        approve(hold_id=hold.pk, by=BEA, at=LATER, why="Known to me")
        (invoice,) = drain()

        assert invoice.gross_minor == hold.documents[0]["gross_minor"]
        assert [line.text for line in invoice.lines.all()] == ["Training"]
        decision = HoldDecision.objects.get()
        assert (decision.kind, decision.decided_by, decision.reason) == (
            "approved", "bea", "Known to me",
        )  # fmt: skip
        call_command("verify")

    def test_who_caused_it_does_not_approve_it(self, customer: Customer) -> None:
        above(customer.seller, 0)
        with acting_as(BEA.user_id):
            factories.order(customer)
        drain()

        with pytest.raises(DecisionRefused, match="someone else"):
            approve(hold_id=held().pk, by=BEA, at=LATER)

        assert held().failure.state == "open"
        approve(hold_id=held().pk, by=CARL, at=LATER)
        assert len(drain()) == 1

    def test_who_changed_the_contract_since_does_not_approve_its_next_invoice(
        self, seller: Seller, customer: Customer, advance: Advance
    ) -> None:
        subscription = factories.subscription(factories.contract(customer), factories.plan(seller))
        drain()
        above(seller, 40_00)
        request = ChangeRequest(
            kind=SubscriptionChange.Kind.CHANGE_QUANTITY,
            quantity=Decimal(2),
            on=date(2026, 2, 1),
        )
        with acting_as(BEA.user_id):
            change_subscription(subscription_id=subscription.pk, request=request, at=LATER)
        advance(date(2026, 2, 1))

        with pytest.raises(DecisionRefused):
            approve(hold_id=held().pk, by=BEA, at=LATER)

    def test_a_change_made_long_before_is_still_its_maker_s(
        self, seller: Seller, customer: Customer, advance: Advance
    ) -> None:
        subscription = factories.subscription(factories.contract(customer), factories.plan(seller))
        drain()
        above(seller, 40_00)
        request = ChangeRequest(
            kind=SubscriptionChange.Kind.CHANGE_QUANTITY,
            quantity=Decimal(2),
            on=date(2026, 3, 1),
        )
        with acting_as(BEA.user_id):
            change_subscription(subscription_id=subscription.pk, request=request, at=AT)
        assert len(advance(date(2026, 2, 1))) == 1
        assert advance(date(2026, 3, 1)) == []

        with pytest.raises(DecisionRefused, match="someone else"):
            approve(hold_id=held().pk, by=BEA, at=LATER)

    def test_who_rejected_may_approve_what_comes_next(
        self, seller: Seller, customer: Customer, advance: Advance
    ) -> None:
        factories.subscription(factories.contract(customer), factories.plan(seller))
        drain()
        above(seller, 20_00)
        advance(date(2026, 2, 1))
        with acting_as(BEA.user_id):
            reject(hold_id=held().pk, by=BEA, at=LATER, why="A dispute")
            advance(date(2026, 3, 1))

        approve(hold_id=held().pk, by=BEA, at=LATER)

        assert len(drain()) == 1

    def test_what_has_changed_since_is_held_anew(
        self, seller: Seller, customer: Customer, advance: Advance
    ) -> None:
        contract = factories.contract(customer)
        subscription = factories.subscription(contract, factories.plan(seller))
        drain()
        above(seller, 30_00)
        advance(date(2026, 2, 1))
        first = held()
        request = ChangeRequest(
            kind=SubscriptionChange.Kind.CHANGE_QUANTITY,
            quantity=Decimal(5),
            on=date(2026, 2, 1),
        )
        change_subscription(subscription_id=subscription.pk, request=request, at=AT)

        approve(hold_id=first.pk, by=BEA, at=LATER)
        drain()

        assert held().pk != first.pk
        assert Invoice.objects.count() == 1

    def test_what_is_rejected_is_not_issued(self, hold: Hold) -> None:
        reject(hold_id=hold.pk, by=BEA, at=LATER, why="Ordered by mistake")

        assert drain() == []
        assert Event.objects.get(pk=hold.event_id).state == "written_off"
        assert HoldDecision.objects.get().reason == "Ordered by mistake"

    def test_a_rejection_says_why(self, hold: Hold) -> None:
        with pytest.raises(DecisionRefused, match="Say why"):
            reject(hold_id=hold.pk, by=BEA, at=LATER, why=" ")

    def test_a_contract_goes_on_after_a_rejection(
        self, seller: Seller, customer: Customer, advance: Advance
    ) -> None:
        contract = factories.contract(customer)
        factories.subscription(contract, factories.plan(seller))
        drain()
        limit = above(seller, 30_00)
        advance(date(2026, 2, 1))

        reject(hold_id=held().pk, by=BEA, at=LATER, why="A dispute")
        end_rule(rule_id=limit.pk, by="ada", at=LATER)
        issued = advance(date(2026, 3, 1))

        assert sum(invoice.net_minor for invoice in issued) == 60_00
        assert Contract.objects.get().next_billing_date == date(2026, 4, 1)

    def test_a_hold_is_decided_once(self, hold: Hold) -> None:
        approve(hold_id=hold.pk, by=BEA, at=LATER)

        with pytest.raises(DecisionRefused, match="bea has approved it already"):
            reject(hold_id=hold.pk, by=CARL, at=LATER, why="No")

    def test_a_retry_looks_at_it_anew(self, hold: Hold) -> None:
        events.retry(failure_ids=[hold.failure_id], by="bea", at=LATER)
        drain()

        assert held().pk != hold.pk
        with pytest.raises(DecisionRefused, match="doesn't wait"):
            approve(hold_id=hold.pk, by=BEA, at=LATER)

    def test_many_approve_at_once_and_one_does(self, committed: None) -> None:
        seller = factories.seller()
        above(seller, 0)
        factories.order(factories.customer(seller))
        drain()
        hold_id = held().pk

        def decide() -> str:
            try:
                approve(hold_id=hold_id, by=BEA, at=LATER)
            except DecisionRefused:
                return "refused"
            return "approved"

        said = at_once([decide] * 6)
        drain()

        assert sorted(map(str, said)) == ["approved", *["refused"] * 5]
        assert Invoice.objects.filter(seller=seller).count() == 1


class TestRules:
    def test_after_its_end_nothing_is_held(self, hold: Hold, customer: Customer) -> None:
        end_rule(rule_id=HoldRule.objects.get().pk, by="ada", at=LATER)
        factories.order(customer)

        assert len(drain()) == 1

    def test_its_end_sets_nothing_free_that_it_held(self, hold: Hold, seller: Seller) -> None:
        end_rule(rule_id=HoldRule.objects.get().pk, by="ada", at=LATER)
        above(seller, 1000_00)
        look_again(hold_id=hold.pk, by="ada", at=LATER)

        assert drain() == []
        assert held().pk != hold.pk
        assert held().findings == hold.findings
        approve(hold_id=held().pk, by=BEA, at=LATER)
        assert len(drain()) == 1

    def test_a_held_failure_is_not_written_off(self, hold: Hold) -> None:
        assert write_off(failure_ids=[hold.failure_id], by="ada", at=LATER, why="x") == 0
        assert events.probe(failure_ids=[hold.failure_id], at=LATER) == []

        hold.failure.refresh_from_db()
        assert hold.failure.state == "open"

    def test_it_ends_once(self, hold: Hold) -> None:
        end_rule(rule_id=HoldRule.objects.get().pk, by="ada", at=LATER)

        with pytest.raises(RuleEndedAlready, match="ada"):
            end_rule(rule_id=HoldRule.objects.get().pk, by="carl", at=LATER)

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"kind": "amount", "currency": "EUR"}, "limit"),
            ({"kind": "amount", "limit_minor": 1, "currency": "XXL"}, "currency"),
            ({"kind": "first_invoice", "limit_minor": 1}, "limit"),
            ({"kind": "unusual", "tolerance_percent": Decimal(1)}, "factor"),
            ({"kind": "unusual", "factor": Decimal(3)}, "tolerance_percent"),
        ],
    )
    def test_what_is_not_wholly_said_is_refused(
        self, seller: Seller, given: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(RuleRefused) as refused:
            state_rule(seller=seller, new=NewRule(**given), by="ada", at=AT)

        assert refused.value.field == field

    def test_the_database_refuses_a_second_of_a_kind(self, seller: Seller) -> None:
        above(seller, 1)

        with pytest.raises(IntegrityError, match="hold_rule_once"), transaction.atomic():
            above(seller, 2)

    @pytest.mark.parametrize(
        ("model", "column"),
        [(Hold, "digest"), (HoldDecision, "decided_by"), (HoldRule, "limit_minor")],
    )
    def test_the_database_refuses_to_change_them(self, hold: Hold, model: Any, column: str) -> None:
        approve(hold_id=hold.pk, by=BEA, at=LATER)
        row = model.objects.get()

        with pytest.raises(IntegrityError, match="never_changes"), transaction.atomic():
            model.objects.filter(pk=row.pk).update(**{column: getattr(row, column)})
        with pytest.raises(IntegrityError, match="never_deleted"), transaction.atomic():
            model.objects.filter(pk=row.pk)._raw_delete("default")
