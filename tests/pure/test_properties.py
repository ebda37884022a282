"""What must hold for every story, tried on random ones."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from billing.money import from_minor, to_minor
from billing.pricing.owed import owed
from billing.pricing.prices import PlanTerms
from billing.pricing.timeline import ContradictoryTimeline
from tests.pure.story import Story, plan, price

START = date(2026, 1, 31)
AMOUNTS = st.decimals("0.01", "999.99", places=2)
PRORATIONS = st.sampled_from(["daily", "second", "thirty_days", "none"])
INTERVALS = st.sampled_from(["month", "quarter", "half_year", "year"])


@st.composite
def plans(draw: st.DrawFn, code: str = "p", prorations: st.SearchStrategy[str] = PRORATIONS):
    calendar = draw(st.booleans())
    timings = st.sampled_from(["advance", "arrears"])
    prices = [
        price("base", str(draw(AMOUNTS)), timing=draw(timings), proration=draw(prorations)),
        price("seats", unit_price=str(draw(AMOUNTS)), timing=draw(timings)),
        price("setup", str(draw(AMOUNTS)), kind="once"),
    ]
    return plan(
        code,
        *prices[: draw(st.integers(1, 3))],
        interval=draw(INTERVALS),
        interval_count=1 if calendar else draw(st.integers(1, 2)),
        alignment="calendar" if calendar else "anniversary",
        anchor_day=None if calendar else draw(st.none() | st.integers(1, 31)),
    )


FACTS = st.tuples(
    st.sampled_from([*["change_plan", "change_quantity", "pause"] * 2, "undo", "cancel"]),
    st.integers(0, 25),  # Days from the fact before to the recording.
    st.integers(-20, 30),  # Days from the recording to the effect.
    st.integers(0, 2),  # Which plan, and how many of what.
    st.sampled_from(["prorated", "none", "full"]),
)


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[tuple[object, ...]], list[PlanTerms]]:
    known = [draw(plans(code)) for code in ("a", "b", "c")]
    return draw(st.lists(FACTS, max_size=9)), known


def told(facts, known_plans) -> tuple[Story, date]:
    """A story of the facts that do not contradict those before them; a pause in a pause ends it."""
    story = Story().do(str(START), "start", known_plans[0], quantity="2")
    on = START
    for kind, days, ahead, which, credit in facts:
        on += timedelta(days=days)
        effective = on if kind == "undo" else on + timedelta(days=ahead)
        subject = {"change_plan": known_plans[which], "change_quantity": str(which * 2)}.get(kind)
        for attempt in (kind, "resume") if kind == "pause" else (kind,):
            with suppress(ContradictoryTimeline):
                story.do(str(effective), attempt, subject, recorded=str(on), credit=credit)
                break
    return story, on


@given(stories(), st.integers(0, 100))
@settings(max_examples=150, deadline=None)
def test_billing_twice_charges_nothing(story_of, later):
    story, on = told(*story_of)
    until = str(on + timedelta(days=later))

    documents = len(story.bill(until).documents)

    assert len(story.bill_once(until).documents) == documents


@given(stories(), st.integers(0, 100))
@settings(max_examples=150, deadline=None)
def test_day_by_day_sums_to_the_same_as_all_at_once(story_of, later):
    steps, on = told(*story_of)
    at_once, _ = told(*story_of)
    until = str(on + timedelta(days=later))

    steps.bill(until)
    at_once.bill_once(until)

    assert steps.total_minor == at_once.total_minor


@given(stories(), st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_no_day_between_the_due_ones_owes_anything(story_of, later):
    due_days, on = told(*story_of)
    every_day, _ = told(*story_of)
    until = str(on + timedelta(days=later))

    due_days.bill(until)
    every_day.bill(until, every_day=True)

    assert due_days.documents == every_day.documents


@given(stories(), st.integers(0, 100))
@settings(max_examples=100, deadline=None)
def test_every_stretch_is_charged_with_exactly_what_it_owes(story_of, later):
    story, on = told(*story_of)
    until = on + timedelta(days=later)
    story.bill(str(until))

    charged: dict[object, int] = {}
    for charge in story.charged:
        key = charge.price_id, charge.stretch_starts_on, charge.quantity
        charged[key] = charged.get(key, 0) + charge.amount_minor

    items = owed(story.timeline.known(until), until=until)
    expected = {(i.price.id, i.starts_on, i.quantity): i.amount_minor for i in items}
    assert {key: net for key, net in charged.items() if net} == {
        key: net for key, net in expected.items() if net
    }


@given(stories(), st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_no_part_owes_more_than_its_full_price(story_of, later):
    story, on = told(*story_of)
    until = on + timedelta(days=later)

    for item in owed(story.timeline.known(until), until=until):
        assert 0 <= item.amount_minor <= to_minor(item.reckoning.full_price, "EUR")
        assert item.ends_on > item.starts_on


@given(stories(), st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_the_stretches_of_a_divided_price_never_overlap(story_of, later):
    story, on = told(*story_of)
    until = on + timedelta(days=later)
    by_price: dict[str, list[tuple[date, date]]] = {}
    for item in owed(story.timeline.known(until), until=until):
        by_price.setdefault(item.price.id, []).append((item.starts_on, item.ends_on))

    for spans in by_price.values():
        spans.sort()
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


@given(
    st.lists(st.tuples(st.integers(-10, 60), st.integers(0, 5)), unique_by=lambda c: c[0]),
    st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_the_order_of_recording_on_one_day_does_not_change_the_sum(changes, random):
    team = plan("team", "30.00", price("seats", unit_price="7.77"))
    shuffled = random.sample(changes, len(changes))

    totals = []
    for order in (changes, shuffled):
        story = Story().do("2026-01-01", "start", team)
        for offset, seats in order:
            on = date(2026, 2, 5) + timedelta(days=offset)
            story.do(str(on), "change_quantity", str(seats), recorded="2026-02-05")
        totals.append(story.bill("2026-06-01").total_minor)

    assert totals[0] == totals[1]


@given(stories(), plans("only", st.just("daily")))
@settings(max_examples=150, deadline=None)
def test_a_cancelled_story_costs_the_sum_of_its_days(story_of, only):
    """A second, naive engine: every unpaused day costs its share of its period."""
    facts, _plans = story_of
    facts = [fact for fact in facts if fact[0] not in ("change_plan", "cancel")]
    story, on = told(facts, [only, only, only])
    end = on + timedelta(days=40)
    try:
        story.do(str(end), "cancel")
    except ContradictoryTimeline:
        assume(False)

    story.bill(str(end))

    exact, stretches = naive_cost(story, only, end)
    assert abs(from_minor(story.total_minor, "EUR") - exact) <= stretches * Decimal("0.005")


def naive_cost(story: Story, only: PlanTerms, end: date) -> tuple[Decimal, int]:
    recurring = [p for p in only.prices if p.code != "setup"]
    once = sum((p.amount for p in only.prices if p.code == "setup"), Decimal(0))
    changes = story.timeline.known(end).changes
    cost, steps, before, on = Fraction(0), 2, None, START
    bounds = naive_bounds(only, START, end)
    while on < end:
        state = naive_state(changes, on)
        first, last = next(b for b in bounds if b[0] <= on < b[1])
        if state[0] is False:
            per_period = sum(
                (p.amount if p.amount is not None else p.unit_price * state[1]) for p in recurring
            )
            cost += Fraction(per_period) / (last - first).days
        steps += len(recurring) * (state != before or on == first)
        before, on = state, on + timedelta(days=1)
    return Decimal(round(cost * 10**9)) / 10**9 + once, steps


def naive_state(changes, on: date) -> tuple[bool, Decimal]:
    paused, quantity = False, Decimal(2)
    for change in changes:
        if change.effective_on <= on:
            paused = {"pause": True, "resume": False}.get(change.kind, paused)
            if change.kind == "change_quantity":
                quantity = change.quantity
    return paused, quantity


def naive_bounds(only: PlanTerms, start: date, end: date) -> list[tuple[date, date]]:
    """Walk month by month from long before the start; a bound is each anchor day in step."""
    months = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[only.interval]
    months *= only.interval_count
    if only.alignment == "calendar":
        bounds = [
            date(year, month, 1)
            for year in range(start.year - 3, end.year + 4)
            for month in range(1, 13, months)
        ]
        return list(pairwise(bounds))
    wished = only.anchor_day or start.day
    days = [start + timedelta(days=n) for n in range(-1600, (end - start).days + 1600)]
    such = [
        d
        for d in days
        if d.day == wished or (d.day < wished and (d + timedelta(days=1)).month != d.month)
    ]
    anchor = next(i for i, d in enumerate(such) if d >= start)
    bounds = such[anchor % months :: months]
    return list(pairwise(bounds))
