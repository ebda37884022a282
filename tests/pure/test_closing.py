"""What is settled stays settled: billing looks at the open days only, and finds the same."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import assume, event, given, reject
from hypothesis import strategies as st
from msgspec import structs

from billing.pricing.closing import closed, open_by_now, open_from
from billing.pricing.difference import difference
from billing.pricing.facts import facts_of
from billing.pricing.lasting import is_paid_ahead
from billing.pricing.owed import Owed, owed
from billing.pricing.prices import PlanTerms, PriceKind, Timing
from billing.pricing.terms import Change, ChangeKind
from billing.pricing.timeline import Settled, Timeline
from billing.simulation.run import timelines
from billing.simulation.scenario import BadScenario, Scenario
from tests.pure.story import plan, price
from tests.pure.strategies import scenarios
from tests.pure.test_engine_properties import Ledger, tried

DAY = timedelta(days=1)


def is_news(timeline: Timeline, *, after: date, until: date, before: date) -> bool:
    """Whether a fact recorded in between takes effect, or usage happened, before a day."""
    effects = [
        change.effective_on for change in timeline.changes if after < change.recorded_on <= until
    ]
    used = [
        bucket.day
        for buckets in timeline.usage.values()
        for bucket in buckets
        if after < bucket.recorded_on <= until
    ]
    return min([*effects, *used], default=before + DAY) <= before


def owed_from(timeline: Timeline, on: date, since: date) -> list[Owed]:
    return [item for item in owed(timeline.known(on), until=on) if item.starts_on >= since]


@tried
@given(scenarios(), st.integers(0, 500), st.integers(0, 100))
def test_a_closed_timeline_owes_the_same_from_its_first_open_day(
    scenario: Scenario, closed_after: int, looked_at_after: int
) -> None:
    for timeline in timelines(scenario):
        on = min(change.recorded_on for change in timeline.changes) + closed_after * DAY
        later = on + looked_at_after * DAY
        shorter = closed(timeline, on=on)
        since = shorter.open_from
        assume(not is_news(timeline, after=on, until=later, before=since))

        found = list(owed(shorter.known(later), until=later))

        assert found == owed_from(timeline, later, since)


@tried
@given(scenarios(), st.integers(0, 500), st.integers(0, 100))
def test_a_timeline_closed_again_and_again_owes_the_same(
    scenario: Scenario, closed_after: int, looked_at_after: int
) -> None:
    for timeline in timelines(scenario):
        shorter, on = timeline, min(change.recorded_on for change in timeline.changes)
        for _ in range(5):
            on += (closed_after // 5) * DAY
            if is_news(timeline, after=on - 101 * DAY, until=on, before=shorter.open_from):
                shorter = timeline
            shorter = closed(shorter, on=on)
        later = on + looked_at_after * DAY
        assume(not is_news(timeline, after=on, until=later, before=shorter.open_from))

        found = list(owed(shorter.known(later), until=later))

        assert found == owed_from(timeline, later, shorter.open_from)


@tried
@given(scenarios(), st.integers(0, 500), st.integers(0, 100))
def test_what_starts_before_the_first_open_day_is_charged_as_it_is_owed(
    scenario: Scenario, charged_after: int, looked_at_after: int
) -> None:
    for timeline in timelines(scenario):
        charged_until = min(c.recorded_on for c in timeline.changes) + charged_after * DAY
        later = charged_until + looked_at_after * DAY
        charged = Ledger(timeline).bill_up_to(charged_until).charged
        news = [
            change.effective_on
            for change in timeline.changes
            if charged_until < change.recorded_on <= later
        ]
        news += [
            bucket.day
            for buckets in timeline.usage.values()
            for bucket in buckets
            if charged_until < bucket.recorded_on <= later
        ]
        since = open_from(timeline.known(charged_until), charged_until=charged_until, news=news)

        settled = [
            item
            for item in owed(timeline.known(later), until=later)
            if since and item.starts_on < since
        ]
        before = [charge for charge in charged if since and charge.stretch_starts_on < since]

        assert not difference(settled, before, prices=timeline.prices)


def without_usage(scenario: Scenario, *, in_advance: bool) -> Scenario:
    """The scenario with prices that may be paid ahead: none of usage, the others as told."""

    def changed(plan: PlanTerms) -> PlanTerms:
        prices = [price for price in plan.prices if price.kind is not PriceKind.USAGE]
        if in_advance:
            is_timed = PriceKind.RECURRING
            prices = [
                replace(price, timing=Timing.ADVANCE) if price.kind is is_timed else price
                for price in prices
            ]
        return replace(plan, prices=tuple(prices)) if prices else plan

    plans = {code: changed(plan) for code, plan in scenario.plans.items()}
    rows = [replace(row, plan=row.plan and plans[row.plan.code]) for row in scenario.timeline]
    return replace(scenario, plans=plans, timeline=tuple(rows))


def as_read(timeline: Timeline, *, charged_until: date, known_by: date) -> Timeline:
    """A timeline as billing reads it once it is charged up to a day, by what is known later."""
    known = [each.position for each in timeline.changes if each.recorded_on <= charged_until]
    changes = tuple(each for each in timeline.changes if each.recorded_on <= known_by)
    return structs.replace(
        timeline, changes=changes, settled=Settled(charged_until, charged_until, max(known))
    )


def owes_no_more_if_paid_ahead(timeline: Timeline, *, charged_until: date, later: date) -> bool:
    """
    Assert that what is passed over is charged as it is owed, on a later day too.

    Return whether the period of the day is paid ahead at all.
    """
    on = charged_until
    if not is_paid_ahead(facts_of(timeline.known(on), on)):
        return False
    since = open_by_now(as_read(timeline, charged_until=on, known_by=later))
    settled = [
        item
        for item in owed(timeline.known(later), until=later)
        if since and item.starts_on < since
    ]
    charged = Ledger(timeline).bill_up_to(on).charged
    before = [charge for charge in charged if since and charge.stretch_starts_on < since]
    assert not difference(settled, before, prices=timeline.prices)
    return True


@tried
@given(scenarios(), st.booleans(), st.integers(0, 150), st.integers(0, 150))
def test_a_period_that_is_paid_ahead_owes_no_more_than_was_charged(
    scenario: Scenario, in_advance: bool, charged_after: int, looked_at_after: int
) -> None:
    try:
        told = list(timelines(without_usage(scenario, in_advance=in_advance)))
    except BadScenario:
        reject()  # It tells of a price that was taken out.
    for timeline in told:
        on = min(change.recorded_on for change in timeline.changes) + charged_after * DAY
        later = on + looked_at_after * DAY
        is_ahead = owes_no_more_if_paid_ahead(timeline, charged_until=on, later=later)
        event(f"paid ahead: {is_ahead}")


SEATS = plan("seats", price("base", "31.00"), price("seat", unit_price="3.10"))
MIXED = plan("mixed", price("base", "62.00"), price("seat", unit_price="6.20", timing="arrears"))


@tried
@given(
    st.sampled_from([SEATS, MIXED]),
    st.sampled_from(["cancel", "pause", "change_quantity", "change_plan"]),
    st.integers(0, 70),
    st.integers(0, 45),
    st.integers(0, 70),
    st.integers(0, 70),
)
def test_what_is_announced_within_a_paid_period_is_not_passed_over(
    first: PlanTerms, kind: str, recorded: int, ahead: int, charged_after: int, looked_at: int
) -> None:
    start = date(2026, 1, 10)
    announced = start + recorded * DAY
    begun = Change(
        id="c1",
        position=1,
        recorded_on=start,
        effective_on=start,
        kind=ChangeKind.START,
        plan=first,
        quantity=Decimal(3),
    )
    change = Change(
        id="c2",
        position=2,
        recorded_on=announced,
        effective_on=announced + ahead * DAY,
        kind=ChangeKind(kind),
        plan={SEATS.id: MIXED, MIXED.id: SEATS}[first.id] if kind == "change_plan" else None,
        quantity=Decimal(5) if kind == "change_quantity" else None,
    )
    on = announced + charged_after * DAY
    timeline = Timeline(str(UUID(int=1)), (begun, change))
    owes_no_more_if_paid_ahead(timeline, charged_until=on, later=on + looked_at * DAY)


def test_the_day_before_the_start_everything_is_open() -> None:
    nothing = Timeline("s", ())

    assert open_from(nothing, charged_until=date(2026, 1, 1)) is None
    assert closed(nothing, on=date(2026, 1, 1)) is nothing
