"""Who takes invoices back to bill them again charges, in the end, what would have been anyway."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.contracts.commands import change_subscription, step_test_clock
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import SubscriptionChange
from billing.pricing.timeline import ContradictoryTimeline
from billing.sellers.commands import advance_test_clock
from billing.usage.commands import record_usage
from invoices.credit_notes.queries.wanted import CorrectionRefused, Discount, Part
from invoices.issuing.models import Charge, Invoice
from tests import factories
from tests.corrections.conftest import drain, ordered
from tests.proving.conftest import verify
from tests.stage.conftest import AT

KIND = SubscriptionChange.Kind
_USAGE = {
    "code": "calls", "kind": "usage", "timing": "arrears", "model": "per_unit",
    "unit_price": Decimal("0.37"),
}  # fmt: skip
Step = tuple[str, int]


def steps_of(*more: str) -> st.SearchStrategy[list[Step]]:
    happens = ["days", "days", "plan", "quantity", "use", "pause", "resume", "cancel", *more]
    return st.lists(st.tuples(st.sampled_from(happens), st.integers(1, 20)), max_size=9)


class World:
    """A subscription, and what happens to it."""

    def __init__(self, *, plan: dict[str, Any], grouping: str) -> None:
        self.seller = factories.seller()
        self.today, self.is_over = date(2026, 1, 1), False
        customer = factories.customer(self.seller, grouping=grouping)
        meter = factories.meter(self.seller, code="calls")
        self.plans = [factories.plan(self.seller, **plan) for _ in range(2)]
        for number, one in enumerate(self.plans):
            factories.price_of(one, **_USAGE, meter=meter)
            if number:
                factories.price_of(one, code="more", unit_price=Decimal("11.11"))
        self.made = factories.subscription(
            factories.contract(customer), self.plans[0], external_id="S1"
        )
        drain()

    def go(self, step: Step) -> None:
        what, value = step
        if what == "days":
            self.advance(value)
        elif what == "use" and not self.is_over:
            at = AT.replace(year=2026, month=self.today.month, day=self.today.day)
            sent = factories.usage(at=at, value=Decimal(value), key=f"{self.today}{value}")
            record_usage(seller=self.seller, records=[sent], at=AT)
        elif what == "back":
            self.correct(value, bill_again=True)
        elif what == "cancelled":
            self.correct(value)
        elif what == "discount":
            self.correct(value, discount=Discount(percent=Decimal(value * 5)))
        elif what == "part":
            self.correct(value, parts=[Part(position=1, amount=Decimal(value))])
        elif what != "use":
            self.change(what, value)
        drain()

    def advance(self, days: int) -> None:
        self.today += timedelta(days=days)
        advance_test_clock(seller=self.seller, to=self.today, at=AT)
        while step_test_clock(seller=self.seller, at=AT):
            drain()

    def correct(self, value: int, **wanted: Any) -> None:
        invoices = Invoice.objects.filter(seller=self.seller, kind="invoice").order_by("id")
        if not invoices:
            return
        try:
            ordered(invoices[value % len(invoices)], **wanted)
        except CorrectionRefused:
            return

    def change(self, what: str, value: int) -> None:
        requests = {
            "plan": {"kind": KIND.CHANGE_PLAN, "plan": self.plans[value % 2]},
            "quantity": {"kind": KIND.CHANGE_QUANTITY, "quantity": Decimal(value % 4 + 1)},
            "pause": {"kind": KIND.PAUSE},
            "resume": {"kind": KIND.RESUME},
            "cancel": {"kind": KIND.CANCEL, "credit": ["prorated", "full", "none"][value % 3]},
        }
        try:
            request = ChangeRequest(**requests[what])
            change_subscription(subscription_id=self.made.pk, request=request, at=AT)
        except ContradictoryTimeline:
            return
        self.is_over = self.is_over or what == "cancel"  # Of usage afterwards a human decides.

    @property
    def charged(self) -> dict[object, int]:
        """What is charged of each price and stretch."""
        rows = Charge.objects.filter(seller=self.seller)
        sums = rows.values_list("price_code", "stretch_starts_on").annotate(sum=Sum("priced_minor"))
        return {(code, on): amount for code, on, amount in sums if amount}


TOLD = {
    "included": st.booleans(),
    "timing": st.sampled_from(["advance", "arrears"]),
    "commitment": st.sampled_from([None, Decimal("45.00")]),
    "grouping": st.sampled_from(["per_event", "monthly"]),
}
SOME = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def world(*, included: bool, timing: str, commitment: Decimal | None, grouping: str) -> World:
    price = {"tax_included": included, "timing": timing}
    return World(plan={"price": price, "minimum_commitment": commitment}, grouping=grouping)


@pytest.mark.slow
@pytest.mark.django_db
class TestStories:
    @SOME
    @given(steps=steps_of("back", "back", "back"), **TOLD)
    def test_what_is_billed_again_is_in_the_end_what_was(
        self, steps: Sequence[Step], **told: Any
    ) -> None:
        corrected, untouched = world(**told), world(**told)
        for step in [*steps, ("days", 40)]:
            corrected.go(step)
            if step[0] != "back":
                untouched.go(step)

        assert corrected.charged == untouched.charged
        assert verify(corrected.seller).problems == []

    @SOME
    @given(steps=steps_of("back", "cancelled", "discount", "part"), **TOLD)
    def test_no_more_is_taken_back_than_was_charged(
        self, steps: Sequence[Step], **told: Any
    ) -> None:
        corrected = world(**told)
        for step in [*steps, ("days", 40)]:
            corrected.go(step)
            assert all(amount >= 0 for amount in corrected.charged.values())

        assert verify(corrected.seller).problems == []
