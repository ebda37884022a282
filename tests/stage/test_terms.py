"""Terms of prices, changes and contracts, from the table to the line, and proven."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from billing.catalog.commands import NewPrice, create_price, end_price
from billing.catalog.models import Plan, Price
from billing.contracts.commands import NewTerm, change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.events.commands import retry
from billing.events.models import Failure
from billing.pricing.prices import Tier
from billing.pricing.terms import Discount, Override, When
from billing.pricing.timeline import ContradictoryTimeline
from billing.sellers.models import Seller
from invoices.issuing.models import Charge, Invoice
from tests import factories
from tests.stage.conftest import AT, drain

Advance = Callable[[date], list[Invoice]]
Kind = SubscriptionChange.Kind
TIERS = [{"up_to": "10", "unit_price": "2", "flat": "5"}, {"up_to": None, "unit_price": "1"}]


@pytest.fixture
def contract(seller: Seller) -> Contract:
    return factories.contract(factories.customer(seller))


@pytest.fixture
def subscription(contract: Contract, seller: Seller) -> Subscription:
    """One unit at 30.00 a month in advance from 1 January."""
    return factories.subscription(contract, factories.plan(seller))


def changed(subscription: Subscription, kind: Kind, **given: Any) -> SubscriptionChange:
    request = ChangeRequest(kind=kind, **given)
    return change_subscription(subscription_id=subscription.id, request=request, at=AT)


def nets(invoices: Iterable[Invoice]) -> list[int]:
    return [invoice.net_minor for invoice in invoices]


def proven() -> bool:
    """Whether the books can be recomputed; else `verify` exits."""
    call_command("verify")
    return True


def new_price(**given: Any) -> NewPrice:
    values: dict[str, Any] = {
        "code": "base", "currency": "EUR", "tax_class": "standard", "tax_included": False,
        "kind": "recurring", "timing": "advance", "model": "per_unit", "proration": "daily",
        **given,
    }  # fmt: skip
    return NewPrice(**values)


def next_version(plan: Plan, on: date, unit_price: str, **given: Any) -> Price:
    """End the sale of the plan's price on a day, and let another version follow."""
    old = plan.prices.get()
    end_price(price_id=old.id, valid_until=on, at=AT)
    new = new_price(unit_price=Decimal(unit_price), valid_from=on, **given)
    return create_price(of=plan, new=new, at=AT)


class TestModels:
    @pytest.mark.parametrize(
        ("price", "quantity", "net"),
        [
            ({"model": "flat", "amount": Decimal(12)}, 7, 1200),
            ({"model": "per_unit", "unit_price": Decimal("0.333")}, 10, 333),
            # 5 + 10 x 2 + 5 x 1
            ({"model": "graduated", "tiers": TIERS}, 15, 3000),
            ({"model": "volume", "tiers": TIERS}, 15, 1500),
            ({"model": "stairstep", "tiers": [{"up_to": None, "flat": "9"}]}, 15, 900),
            # 15 - 2 free = 13: 3 packages of 5 begun
            (
                {
                    "model": "package", "amount": Decimal(4), "size": Decimal(5),
                    "free_units": Decimal(2),
                },
                15,
                1200,
            ),
            (
                {"model": "package", "amount": Decimal(4), "size": Decimal(4), "rounding": "down"},
                15,
                1200,
            ),
            # 5 + 1 % of 15
            (
                {
                    "model": "graduated_percentage",
                    "tiers": [{"up_to": None, "rate": "1", "flat": "5"}],
                },
                15,
                515,
            ),
            ({"model": "per_unit", "unit_price": Decimal(1), "minimum": Decimal(20)}, 15, 2000),
            ({"model": "per_unit", "unit_price": Decimal(1), "maximum": Decimal(9)}, 15, 900),
        ],
    )  # fmt: skip
    def test_a_model_of_a_recurring_price_is_charged(
        self, contract: Contract, seller: Seller, price: dict[str, Any], quantity: int, net: int
    ) -> None:
        plan = factories.plan(seller, price=price)
        factories.subscription(contract, plan, quantity=Decimal(quantity))

        assert nets(drain()) == [net]
        assert proven()

    def test_units_of_several_prices_have_no_unit_price(
        self, contract: Contract, seller: Seller
    ) -> None:
        plan = factories.plan(seller, price={"model": "graduated", "tiers": TIERS})
        factories.subscription(contract, plan, quantity=Decimal(15))

        (invoice,) = drain()

        line = invoice.lines.get()
        assert (line.unit_price, line.price_code, line.quantity) == (None, "base", 15)
        assert [step["amount"] for step in line.explanation["steps"]] == ["25", "5"]

    def test_a_price_of_usage_is_looked_at_when_its_period_ends(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        meter = factories.meter(seller, dimensions=["model"])
        price = {
            "kind": "usage", "meter": meter, "group_by": ["model"], "minimum": Decimal(7),
            "model": "graduated", "tiers": TIERS,
        }  # fmt: skip
        factories.subscription(contract, factories.plan(seller, price=price))

        issued = advance(date(2026, 2, 1))

        line = issued[0].lines.get()
        assert nets(issued) == [700]  # Nothing was used: the minimum.
        assert (line.quantity, line.measured) == (0, 0)
        assert proven()


class TestPlans:
    def test_a_trial_is_not_charged(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        factories.subscription(contract, factories.plan(seller, trial_days=14))

        issued = advance(date(2026, 1, 20))

        assert [str(invoice.issue_date) for invoice in issued] == ["2026-01-15"]
        assert nets(issued) == [3000]
        assert proven()

    def test_a_minimum_commitment_is_topped_up_to(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        plan = factories.plan(seller, name="Pro", minimum_commitment=Decimal(50))
        factories.price_of(plan, code="zz", tax_class="reduced", unit_price=Decimal(1))
        factories.subscription(contract, plan)

        issued = advance(date(2026, 2, 1))

        # 31.00 in advance; then 50 - 31 for January, with February's 31.00
        assert nets(issued) == [3100, 5000]
        line = Charge.objects.get(price=None)
        assert (line.plan, line.price_code, line.amount_minor) == (plan, "minimum_commitment", 1900)
        assert (line.text, line.tax_percent) == ("Pro: Mindestumsatz", 19)
        assert proven()

    def test_a_commitment_is_credited_where_more_is_owed_afterwards(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        plan = factories.plan(seller, minimum_commitment=Decimal(50))
        made = factories.subscription(contract, plan)
        advance(date(2026, 2, 3))

        changed(made, Kind.CHANGE_QUANTITY, quantity=Decimal(2), on=date(2026, 1, 1))

        # January owes 60 instead of 30 + 20, February 60 instead of 30.
        assert nets(drain()) == [4000]
        assert proven()


class TestVersions:
    """Prices of January 2026 at 30.00, followed by others that are recorded on 1 January."""

    def reached(self, advance: Advance, subscription: Subscription, **given: Any) -> list[int]:
        drain()
        plan = subscription.changes.get().plan
        assert plan is not None
        next_version(plan, date(2026, 2, 10), "40", **given)
        return nets(advance(date(2026, 3, 20)))

    def test_the_next_period_has_the_new_price(
        self, subscription: Subscription, advance: Advance
    ) -> None:
        assert self.reached(advance, subscription) == [3000, 4000]
        assert proven()

    def test_a_version_for_new_agreements_reaches_no_other(
        self, subscription: Subscription, advance: Advance
    ) -> None:
        assert self.reached(advance, subscription, applies_to="new") == [3000, 3000]
        assert proven()

    def test_a_version_that_applies_at_once_is_billed_on_its_day(
        self, subscription: Subscription, advance: Advance
    ) -> None:
        # 30 x 9/28; 40 x 19/28
        assert self.reached(advance, subscription, applies_to="at_once") == [964, 2714, 4000]
        assert proven()

    def test_one_that_is_recorded_in_mid_period_too(
        self, subscription: Subscription, advance: Advance
    ) -> None:
        advance(date(2026, 2, 3))

        # 30 x 19/28 = 20.36 back, 40 x 19/28 = 27.14 anew
        assert self.reached(advance, subscription, applies_to="at_once") == [678, 4000]
        assert proven()

    def test_what_cost_nothing_is_billed_when_it_costs_something(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        plan = factories.plan(seller, price={"model": "flat", "amount": Decimal(0)})
        made = factories.subscription(contract, plan)
        price = {"model": "flat", "amount": Decimal(5), "unit_price": None}
        drain()
        end_price(price_id=plan.prices.get().id, valid_until=date(2026, 2, 10), at=AT)
        create_price(of=plan, new=new_price(valid_from=date(2026, 2, 10), **price), at=AT)

        assert nets(advance(date(2026, 3, 20))) == [500]
        assert made.charges.get().starts_on == date(2026, 3, 1)
        assert proven()

    def test_a_new_agreement_has_the_version_on_sale(
        self, contract: Contract, seller: Seller
    ) -> None:
        plan = factories.plan(seller)
        next_version(plan, date(2026, 1, 5), "40")

        factories.subscription(contract, plan, on=date(2026, 1, 5))

        assert nets(drain()) == []
        assert plan.prices.count() == 2

    def test_a_price_that_was_missing_mends_what_failed_however_late(
        self, contract: Contract, seller: Seller, advance: Advance
    ) -> None:
        plan = factories.plan(seller, price={"currency": "USD"})
        factories.unpriced_subscription(contract, plan)
        drain()
        later = {"created_at": AT + timedelta(days=9), "recorded_on": date(2026, 1, 10)}
        factories.price_of(plan, **later)

        assert Failure.objects.get().code == "price_missing"
        retry(failure_ids=[Failure.objects.get().id], by="me", at=AT)
        assert nets(drain()) == [3000]
        assert proven()


class TestChanges:
    def test_an_override_holds_until_the_plan_ends(
        self, subscription: Subscription, seller: Seller, advance: Advance
    ) -> None:
        drain()

        changed(
            subscription,
            Kind.OVERRIDE_PRICE,
            override=Override(price_code="base", unit_price=Decimal(20)),
            when=When.PERIOD_END,
        )

        assert nets(advance(date(2026, 2, 1))) == [2000]
        line = Charge.objects.latest("ordinal")
        assert (line.unit_price, line.tag.split()[0]) == (20, "override")
        assert proven()

    def test_an_override_of_tiers(self, contract: Contract, seller: Seller) -> None:
        plan = factories.plan(seller, price={"model": "volume", "tiers": TIERS})
        made = factories.subscription(contract, plan, quantity=Decimal(4))
        tiers = (Tier(up_to=None, unit_price=Decimal(3)),)

        changed(made, Kind.OVERRIDE_PRICE, override=Override(price_code="base", tiers=tiers))

        assert sum(nets(drain())) == 1200
        assert proven()

    def test_a_discount_runs_out(self, subscription: Subscription, advance: Advance) -> None:
        changed(subscription, Kind.DISCOUNT, discount=Discount(percent=Decimal(50), periods=2))

        issued = advance(date(2026, 3, 1))

        assert sum(nets(issued)) == 1500 + 1500 + 3000
        assert proven()

    def test_a_discount_in_money_on_some_prices(self, subscription: Subscription) -> None:
        discount = Discount(amount=Decimal("4.50"), price_codes=("base",))
        changed(subscription, Kind.DISCOUNT, discount=discount)

        assert sum(nets(drain())) == 2550
        assert proven()

    def test_an_index_raises_recurring_prices(
        self, subscription: Subscription, advance: Advance
    ) -> None:
        drain()
        changed(subscription, Kind.INDEX_PRICES, percent=Decimal("3.3333"), when=When.PERIOD_END)

        assert nets(advance(date(2026, 2, 1))) == [3100]
        assert proven()

    def test_the_anchor_day_moves(self, subscription: Subscription, advance: Advance) -> None:
        drain()
        changed(subscription, Kind.SET_ANCHOR_DAY, anchor_day=15)

        issued = advance(date(2026, 2, 20))

        # 14/31 of January are kept: 30 x 17/31 are given back
        assert nets(issued) == [-1645, 3000, 3000]
        assert [str(invoice.issue_date) for invoice in issued] == [
            "2026-01-01", "2026-01-15", "2026-02-15",
        ]  # fmt: skip
        assert proven()

    def test_what_was_changed_is_undone(self, subscription: Subscription) -> None:
        discount = Discount(percent=Decimal(50))
        changed(subscription, Kind.DISCOUNT, discount=discount, when=When.PERIOD_END)

        changed(subscription, Kind.UNDO)

        assert nets(drain()) == [3000]

    @pytest.mark.parametrize(
        ("kind", "given", "named"),
        [
            (
                Kind.OVERRIDE_PRICE,
                {"override": Override(price_code="x", amount=Decimal(1))},
                "no price x.*base",
            ),
            (
                Kind.OVERRIDE_PRICE,
                {"override": Override(price_code="base", amount=Decimal(1))},
                "has no amount",
            ),
            (Kind.OVERRIDE_PRICE, {"override": Override(price_code="base")}, "needs its amount"),
            (Kind.OVERRIDE_PRICE, {}, "name it"),
            (
                Kind.DISCOUNT,
                {"discount": Discount(percent=Decimal(1), price_codes=("x",))},
                "no price x",
            ),
            (Kind.DISCOUNT, {"discount": Discount()}, "percent or amount"),
            (Kind.DISCOUNT, {"discount": Discount(percent=Decimal(101))}, "100 at most"),
            (Kind.INDEX_PRICES, {"percent": Decimal(-100)}, "more than -100"),
            (Kind.SET_ANCHOR_DAY, {"anchor_day": 32}, "1 to 31"),
            (Kind.SET_ANCHOR_DAY, {}, "name it"),
        ],
    )
    def test_nonsense_is_refused(
        self, subscription: Subscription, kind: Kind, given: dict[str, Any], named: str
    ) -> None:
        with pytest.raises(ContradictoryTimeline, match=named):
            changed(subscription, kind, **given)


class TestTerm:
    """A contract of 12 months from 1 January 2026 with 3 months' notice."""

    def bound(self, seller: Seller, renewal_months: int | None) -> Subscription:
        term = NewTerm(initial_months=12, renewal_months=renewal_months, notice_months=3)
        contract = factories.contract(factories.customer(seller), term=term)
        return factories.subscription(contract, factories.plan(seller))

    def test_within_it_a_cancellation_is_refused_with_the_earliest_date(
        self, seller: Seller
    ) -> None:
        made = self.bound(seller, 12)

        with pytest.raises(ContradictoryTimeline, match="ends on 2027-01-01 at the earliest"):
            changed(made, Kind.CANCEL)

    @pytest.mark.parametrize(
        ("today", "renewal_months", "ends_on"),
        [
            (date(2026, 10, 1), 12, date(2027, 1, 1)),  # The last day of notice.
            (date(2026, 10, 2), 12, date(2028, 1, 1)),
            (date(2026, 10, 2), 1, date(2027, 2, 1)),
            (date(2026, 10, 2), None, date(2027, 1, 2)),
        ],
    )
    def test_notice_leads_to_the_next_end(
        self,
        seller: Seller,
        advance: Advance,
        today: date,
        renewal_months: int | None,
        ends_on: date,
    ) -> None:
        made = self.bound(seller, renewal_months)
        advance(today)

        assert changed(made, Kind.CANCEL, when=When.TERM_END).effective_on == ends_on

    def test_other_changes_wait_for_the_end_of_the_running_term(
        self, seller: Seller, advance: Advance
    ) -> None:
        made = self.bound(seller, 12)
        advance(date(2026, 12, 15))  # Too late for notice, in time for this.

        change = changed(made, Kind.CHANGE_QUANTITY, quantity=Decimal(2), when=When.TERM_END)

        assert change.effective_on == date(2027, 1, 1)

    def test_what_ends_by_itself_is_cancelled_with_its_start(
        self, seller: Seller, advance: Advance
    ) -> None:
        made = self.bound(seller, 0)

        kinds = [(change.kind, change.effective_on) for change in made.changes.order_by("position")]
        assert kinds == [("start", date(2026, 1, 1)), ("cancel", date(2027, 1, 1))]
        assert len(advance(date(2027, 3, 1))) == 12
        assert proven()

    def test_its_end_is_not_undone(self, seller: Seller) -> None:
        with pytest.raises(ContradictoryTimeline, match="can't be undone"):
            changed(self.bound(seller, 0), Kind.UNDO)

    def test_nothing_starts_after_it(self, seller: Seller, advance: Advance) -> None:
        made = self.bound(seller, 0)
        advance(date(2027, 1, 1))

        with pytest.raises(ContradictoryTimeline, match="ends by itself on 2027-01-01"):
            factories.subscription(made.contract, factories.plan(seller))

    def test_it_counts_from_the_start_that_was_not_undone(self, seller: Seller) -> None:
        term = NewTerm(initial_months=6, renewal_months=None, notice_months=1)
        contract = factories.contract(factories.customer(seller), term=term)
        plan = factories.plan(seller)
        undone = factories.subscription(contract, plan, on=date(2026, 1, 10))
        changed(undone, Kind.UNDO)
        made = factories.subscription(contract, plan, on=date(2026, 2, 1))

        change = changed(made, Kind.CANCEL, when=When.TERM_END)

        assert change.effective_on == date(2026, 8, 1)
