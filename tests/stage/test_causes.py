"""Failures with one cause are told as one, and a new cause as new."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.catalog.models import Plan
from billing.events import commands
from billing.events.models import Attempt, Failure, FailureCause
from billing.sellers.models import Seller
from tests import factories
from tests.stage.conftest import AT, drain


def unpriced(plan: Plan, *, currency: str = "USD", **given: object) -> None:
    """A contract in a currency in which the plan has no price."""
    contract = factories.contract(factories.customer(plan.seller), currency=currency)
    factories.unpriced_subscription(contract, plan, **given)


def causes() -> list[FailureCause]:
    return list(FailureCause.objects.order_by("id"))


class TestCauses:
    def test_a_plan_without_a_price_is_one_for_all_contracts(self, seller: Seller) -> None:
        plan = factories.plan(seller)
        for quantity in range(1, 6):
            unpriced(plan, quantity=Decimal(quantity))
        drain()

        (cause,) = causes()
        assert cause.failures.count() == 5
        assert (cause.mend_kind, cause.mend_id, cause.mend_part) == (
            "plan", str(plan.pk), "base USD",
        )  # fmt: skip

    def test_two_plans_two_currencies_and_two_sellers_are_different_ones(
        self, seller: Seller
    ) -> None:
        plan = factories.plan(seller)
        unpriced(plan)
        unpriced(plan, currency="CHF")
        unpriced(factories.plan(seller))
        unpriced(factories.plan(factories.seller()))
        drain()

        assert len(causes()) == 4

    def test_what_the_seller_lacks_is_one_for_all_customers(self, seller: Seller) -> None:
        Seller.objects.filter(pk=seller.pk).update(vat_id="")
        for _ in range(3):
            factories.order(factories.customer(seller))
        drain()

        (cause,) = causes()
        assert (cause.mend_kind, cause.mend_id) == ("seller", str(seller.pk))
        assert cause.failures.count() == 3

    def test_what_customers_lack_is_one_for_each_of_them(self, seller: Seller) -> None:
        customers = [factories.customer(seller, street="") for _ in range(2)]
        for customer in [*customers, customers[0]]:
            factories.order(customer, factories.line(unit_price=Decimal(1000)))
        drain()

        assert {cause.mend_id for cause in causes()} == {str(each.pk) for each in customers}
        assert {cause.mend_part for cause in causes()} == {"street"}
        assert Failure.objects.count() == 3

    def test_a_missing_rate_is_one_for_all_days(self, seller: Seller) -> None:
        for day in (1, 2):
            factories.order(factories.customer(seller), ordered_on=date(2006, 12, day))
        drain()

        (cause,) = causes()
        assert (cause.code, cause.mend_part) == ("tax_data_missing", "DE standard")

    def test_a_defect_is_told_by_its_place(self, seller: Seller) -> None:
        for power in (15, 16):
            huge = {"quantity": Decimal(10) ** power, "unit_price": Decimal(10) ** 16}
            factories.order(factories.customer(seller), factories.line(**huge))
        drain()

        (cause,) = causes()
        assert cause.code == "defect"
        assert cause.place.startswith(("billing.", "invoices."))

    def test_only_the_first_failure_of_a_cause_is_new(self, seller: Seller) -> None:
        plan = factories.plan(seller)
        for _ in range(3):
            unpriced(plan)
        drain()
        commands.retry(failure_ids=[Failure.objects.earliest("id").pk], by="ada", at=AT)
        drain()

        told = list(Failure.objects.order_by("id").values_list("is_new", flat=True))
        assert told == [True, False, False, False]
        assert causes()[0].first_seen_at == Failure.objects.earliest("id").opened_at


class TestProbes:
    """A probe that fails again changes what the failure tells; one that goes well closes it."""

    @pytest.fixture
    def failed(self, seller: Seller) -> Failure:
        unpriced(factories.plan(seller))
        drain()
        return Failure.objects.get()

    def test_one_that_fails_again_opens_no_second_failure(self, failed: Failure) -> None:
        later = AT + timedelta(hours=1)

        probed = commands.probe(failure_ids=[failed.pk], at=later)
        drain()

        assert probed == [failed.event_id]
        (still,) = Failure.objects.all()
        assert (still.pk, still.state, still.opened_at) == (failed.pk, "open", failed.opened_at)
        assert (still.is_new, still.cause_id) == (True, failed.cause_id)
        assert still.event.state == "failed"
        assert Attempt.objects.filter(event=failed.event, outcome="failed").count() == 2

    def test_one_that_fails_for_something_else_tells_so(self, failed: Failure) -> None:
        factories.price_of(failed.seller.plans.get(), currency="USD")  # But no rate for the VAT.

        commands.probe(failure_ids=[failed.pk], at=AT)
        drain()

        told = Failure.objects.get()
        assert (told.pk, told.code, told.is_new) == (failed.pk, "exchange_rate_missing", True)
        assert (told.cause.mend_kind, told.cause.mend_part) == ("own_rate", "USD EUR")
        assert "rate" in told.remedy

    def test_one_that_goes_well_closes_the_failure(self, failed: Failure) -> None:
        factories.exchange_rate("USD")
        factories.price_of(failed.seller.plans.get(), currency="USD")

        commands.probe(failure_ids=[failed.pk], at=AT)
        (invoice,) = drain()

        failed.refresh_from_db()
        assert (failed.state, failed.closed_by) == ("resolved", "the engine")
        assert failed.closing_note
        assert invoice.event_id == failed.event_id

    def test_nobody_decides_on_what_is_just_tried(self, failed: Failure) -> None:
        commands.probe(failure_ids=[failed.pk], at=AT)

        assert commands.retry(failure_ids=[failed.pk], by="ada", at=AT) == 0
        assert commands.write_off(failure_ids=[failed.pk], by="ada", at=AT, why="x") == 0
        assert commands.probe(failure_ids=[failed.pk], at=AT) == []

    def test_what_was_written_off_stays_so(self, failed: Failure) -> None:
        commands.write_off(failure_ids=[failed.pk], by="bob", at=AT, why="A test")

        assert commands.probe(failure_ids=[failed.pk], at=AT) == []
        failed.refresh_from_db()
        assert failed.state == "written_off"
