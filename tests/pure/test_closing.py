"""What is settled stays settled: billing looks at the open days only, and finds the same."""

from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from billing.pricing.closing import closed, open_from
from billing.pricing.difference import difference
from billing.pricing.owed import Owed, owed
from billing.pricing.timeline import Timeline
from billing.simulation.run import timelines
from billing.simulation.scenario import Scenario
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


def test_the_day_before_the_start_everything_is_open() -> None:
    assert open_from(Timeline("s", ()), charged_until=date(2026, 1, 1)) is None
    assert closed(Timeline("s", ()), on=date(2026, 1, 1)) == Timeline("s", ())
