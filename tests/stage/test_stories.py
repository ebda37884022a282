"""Random lives of contracts, with failures in between: in the end all is charged, and once."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db.models import Sum

from billing.catalog.models import Plan
from billing.contracts.commands import change_subscription, step_test_clock
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.contracts.queries import timelines
from billing.events import commands
from billing.events.models import Event, Failure
from billing.pricing.owed import owed
from billing.pricing.terms import When
from billing.pricing.timeline import ContradictoryTimeline
from billing.sellers.commands import advance_test_clock
from billing.sellers.models import Seller
from invoices.issuing.models import Charge
from tests import factories
from tests.stage.conftest import AT, drain

Kind = SubscriptionChange.Kind
VAT_ID = "DE136695976"
DAYS = 120


class Life:
    """A seller with a contract, lived day by day at the whim of a random generator."""

    def __init__(self, seed: int) -> None:
        self.whim = random.Random(seed)
        self.seller: Seller = factories.seller()
        self.today = date(2026, 1, 1)
        self.contract: Contract = factories.contract(factories.customer(self.seller))
        self.plans = [self._plan(index) for index in range(3)]
        self.subscriptions: list[Subscription] = []

    def live(self) -> None:
        """Live for some months."""
        while self.today < date(2026, 1, 1) + timedelta(days=DAYS):
            self._break_or_mend()
            self._do_something()
            self._handle_some()
            if self.whim.random() < 0.3:
                self._retry()
            self._sleep()
        self._set_vat_id(VAT_ID)
        self._settle()

    def _plan(self, index: int) -> Plan:
        timing = self.whim.choice(["advance", "arrears"])
        price = {"unit_price": Decimal(self.whim.randint(100, 9999)) / 100, "timing": timing}
        plan = factories.plan(self.seller, price=price)
        factories.price_of(plan, code="flat", model="flat", amount=Decimal(7 + index))
        return plan

    def _do_something(self) -> None:
        whim = self.whim
        if len(self.subscriptions) < 2 and whim.random() < 0.5:
            made = factories.subscription(self.contract, whim.choice(self.plans))
            self.subscriptions.append(made)
        elif self.subscriptions and whim.random() < 0.8:
            self._change(whim.choice(self.subscriptions))

    def _change(self, subscription: Subscription) -> None:
        whim = self.whim
        kinds = [*[Kind.CHANGE_QUANTITY] * 3, Kind.CHANGE_PLAN, Kind.PAUSE, Kind.RESUME, Kind.UNDO]
        kind = Kind.CANCEL if whim.random() < 0.05 else whim.choice(kinds)
        request = ChangeRequest(
            kind=kind,
            on=None if kind is Kind.UNDO else self.today + timedelta(whim.choice([0, 0, -9, 12])),
            when=When.NOW if kind is Kind.UNDO else whim.choice(list(When)),
            plan=whim.choice(self.plans) if kind is Kind.CHANGE_PLAN else None,
            quantity=Decimal(whim.randint(0, 5)) if kind is Kind.CHANGE_QUANTITY else None,
        )
        try:
            change_subscription(subscription_id=subscription.id, request=request, at=AT)
        except ContradictoryTimeline:
            return

    def _break_or_mend(self) -> None:
        if self.whim.random() < 0.25:
            self._set_vat_id(self.whim.choice(["", VAT_ID, VAT_ID]))

    def _set_vat_id(self, vat_id: str) -> None:
        """Everything fails while the seller has no tax number."""
        self.seller.vat_id = vat_id
        self.seller.save(update_fields=["vat_id"])

    def _handle_some(self) -> None:
        waiting = list(Event.objects.filter(state="waiting"))
        self.whim.shuffle(waiting)
        drain(waiting if self.whim.random() < 0.5 else waiting[:1])

    def _retry(self) -> None:
        failures = list(Failure.objects.filter(state="open").values_list("id", flat=True))
        self.whim.shuffle(failures)
        commands.retry(failure_ids=failures[:2], by="whim", at=AT)

    def _sleep(self) -> None:
        drain()
        self.today += timedelta(days=self.whim.choice([0, 1, 3, 11, 20]))
        advance_test_clock(seller=self.seller, to=self.today, at=AT)
        while step_test_clock(seller=self.seller, at=AT):
            drain()

    def _settle(self) -> None:
        for _ in range(20):
            failures = Failure.objects.filter(state="open").values_list("id", flat=True)
            commands.retry(failure_ids=list(failures), by="whim", at=AT)
            drain()
            if not Failure.objects.filter(state="open").exists():
                break
        self._sleep()


class TestStories:
    @pytest.mark.parametrize(
        "seed", [*range(8), *(pytest.param(s, marks=pytest.mark.slow) for s in range(8, 150))]
    )
    def test_what_is_owed_is_charged(self, db: None, seed: int) -> None:
        life = Life(seed)

        life.live()

        call_command("verify")
        for subscription_id, timeline in timelines(life.contract).items():
            known = timeline.known(life.today)
            total = sum(item.amount_minor for item in owed(known, until=life.today))
            charges = Charge.objects.filter(subscription_id=subscription_id)
            assert (charges.aggregate(sum=Sum("priced_minor"))["sum"] or 0) == total
