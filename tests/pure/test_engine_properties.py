"""
What must hold for every scenario, tried on random ones of everything there is.

`PROPERTY_EXAMPLES=2000` tries more of them.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from billing.money import share_of, to_minor
from billing.periods import Interval, Period, cycle_from
from billing.pricing.difference import Charged, Line, as_charged, difference
from billing.pricing.due import next_due
from billing.pricing.owed import Owed, owed
from billing.pricing.prices import (
    COMMITMENT,
    AppliesTo,
    PlanTerms,
    PriceKind,
    PriceModel,
    PriceTerms,
    Proration,
    Timing,
)
from billing.pricing.terms import ChangeKind, Credit
from billing.pricing.timeline import Timeline
from billing.pricing.usage import Window, measured, roll_up
from billing.simulation.run import run, timelines
from billing.simulation.scenario import Document, Grouping, Ordered, Row, Scenario
from tests.pure.strategies import AMOUNTS, FIRST_DAYS, days, meter_terms, records, scenarios

DAY = timedelta(days=1)
HAIR = Decimal("1e-40")
ZONE = "Europe/Berlin"
tried = settings(
    max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much
    ],
)  # fmt: skip


@dataclass
class Ledger:
    """Charges one subscription by itself: what is owed on a day less what was charged before."""

    timeline: Timeline
    charged: list[Charged] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(charge.amount_minor for charge in self.charged)

    def bill(self, on: date) -> tuple[Line, ...]:
        items = owed(self.timeline.known(on), until=on)
        lines = difference(items, self.charged, prices=self.timeline.prices)
        self.charged += [as_charged(line) for line in lines]
        return lines

    def bill_up_to(self, until: date) -> "Ledger":
        """Bill on the days of facts, and on those that are due."""
        recorded = {change.recorded_on for change in self.timeline.changes}
        recorded |= {b.recorded_on for buckets in self.timeline.usage.values() for b in buckets}
        on: date | None = min(recorded)
        while on is not None and on <= until:
            self.bill(on)
            following = [day for day in recorded if day > on]
            due = next_due(self.timeline.known(on), after=on)
            on = min([*following, *([due] if due else [])], default=None)
        return self


def owed_in_the_end(scenario: Scenario) -> Iterator[tuple[Timeline, Owed]]:
    until = scenario.until
    for told in timelines(scenario):
        for item in owed(told.known(until), until=until):
            yield told, item


def everything_owed(scenario: Scenario) -> list[Owed]:
    return [item for _, item in owed_in_the_end(scenario)]


def by_period(scenario: Scenario) -> Iterable[list[Owed]]:
    """What each subscription owes for each price of a plan in each billing period."""
    found: defaultdict[tuple[object, ...], list[Owed]] = defaultdict(list)
    for told, item in owed_in_the_end(scenario):
        key = told.subscription_id, item.plan.id, item.price.code, item.slot_starts_on
        found[key].append(item)
    return found.values()


def with_prices(scenario: Scenario, *, again_on: date | None = None, **terms: Any) -> Scenario:
    """The scenario with other terms of all prices, and with versions of them from a day on."""

    def changed(plan: PlanTerms) -> PlanTerms:
        prices = [replace(price, **terms) for price in plan.prices]
        more = again(prices, again_on) if again_on else ()
        return replace(plan, prices=(*prices, *more))

    plans = {code: changed(plan) for code, plan in scenario.plans.items()}
    timeline = [replace(row, plan=row.plan and plans[row.plan.code]) for row in scenario.timeline]
    return replace(scenario, plans=plans, timeline=tuple(timeline))


def again(prices: list[PriceTerms], on: date) -> Iterator[PriceTerms]:
    """Another version, of equal terms, of each price of usage that has only one."""
    codes = [price.code for price in prices]
    for price in prices:
        if price.kind is PriceKind.USAGE and codes.count(price.code) == 1:
            other_id = f"{price.id} again"
            yield replace(price, id=other_id, valid_from=on, applies_to=AppliesTo.AT_ONCE)


def net_of(documents: Iterable[Document]) -> int:
    return sum(document.net_minor for document in documents)


@given(scenarios())
@tried
def test_what_can_be_told_can_be_run(scenario):
    run(scenario)  # A BadScenario would be one that check_change should have refused.


@given(scenarios())
@tried
def test_billing_a_day_again_charges_nothing(scenario):
    for told in timelines(scenario):
        ledger = Ledger(told).bill_up_to(scenario.until)

        assert ledger.bill(scenario.until) == ()


@given(scenarios())
@tried
def test_billing_on_due_days_comes_to_what_is_owed_in_the_end(scenario):
    for told in timelines(scenario):
        ledger = Ledger(told).bill_up_to(scenario.until)

        items = owed(told.known(scenario.until), until=scenario.until)
        assert ledger.total == sum(item.amount_minor for item in items)


@given(scenarios(), st.integers(1, 40))
@tried
def test_billing_on_any_days_comes_to_what_is_owed_in_the_end(scenario, step):
    for told in timelines(scenario):
        ledger = Ledger(told)
        on = told.changes[0].recorded_on
        while on < scenario.until:
            for line in ledger.bill(on):
                assert line.charged_minor + line.amount_minor == line.owed_minor
                assert line.starts_on < line.ends_on
                assert line.is_credit == (line.amount_minor < 0)
            on += DAY * step
        ledger.bill(scenario.until)

        items = owed(told.known(scenario.until), until=scenario.until)
        assert ledger.total == sum(item.amount_minor for item in items)


@given(scenarios())
@tried
def test_documents_come_to_what_is_owed_in_the_end(scenario):
    contract = replace(scenario.contract, grouping=Grouping.PER_EVENT)
    scenario = with_prices(replace(scenario, contract=contract, orders=()), tax_included=False)

    documents = run(scenario)

    assert net_of(documents) == sum(item.amount_minor for item in everything_owed(scenario))


@given(scenarios())
@tried
def test_no_day_between_the_due_ones_bills_anything(scenario):
    first = min(row.recorded_on for row in scenario.timeline)
    number_of_days = (scenario.until - first).days + 1
    # An order of nothing makes no document, but the engine looks at its day.
    visits = [Ordered(on=first + DAY * n, lines=()) for n in range(number_of_days)]

    every_day = run(replace(scenario, orders=(*scenario.orders, *visits)))

    assert every_day == run(scenario)


@given(scenarios())
@tried
def test_every_grouping_comes_to_the_same_sum_on_an_invoice_day(scenario):
    scenario = replace(with_prices(scenario, tax_included=False), orders=())
    sums = set()
    for grouping in Grouping:
        contract = replace(scenario.contract, grouping=grouping, invoice_day=scenario.until.day)
        sums.add(net_of(run(replace(scenario, contract=contract))))

    assert len(sums) == 1


@given(scenarios())
@tried
def test_documents_add_up(scenario):
    for document in run(scenario):
        assert document.lines
        assert document.net_minor + document.tax_minor == document.gross_minor
        assert document.net_minor == sum(line.net_minor for line in document.lines)
        assert document.net_minor == sum(tax.base_minor for tax in document.taxes)
        assert document.tax_minor == sum(tax.tax_minor for tax in document.taxes)
        assert (document.kind == "credit_note") == (document.gross_minor < 0)


@given(scenarios())
@tried
def test_no_part_owes_more_than_its_full_price(scenario):
    for item in everything_owed(scenario):
        assert item.starts_on < item.ends_on
        if item.price.kind is PriceKind.USAGE:
            continue  # Corrections of usage may be negative, and a window may span the turn.
        assert item.amount_minor >= 0
        if item.price.minimum is None:
            assert item.amount_minor <= to_minor(item.reckoning.full_price, "EUR")


@given(scenarios())
@tried
def test_no_period_owes_more_than_its_maximum(scenario):
    for items in by_period(scenario):
        if all(item.price.maximum is not None for item in items):
            most = max(to_minor(item.price.maximum, "EUR") for item in items)
            rounding = len(items) // 2  # Each part is rounded by half a cent at most.
            assert sum(item.amount_minor for item in items) <= most + rounding


@given(scenarios())
@tried
def test_no_paid_days_owe_less_than_their_minimum(scenario):
    for item in everything_owed(scenario):
        price, portion = item.price, item.reckoning.portion
        is_divided = price.proration is not Proration.NONE and price.kind is not PriceKind.USAGE
        if price.minimum is not None and is_divided and not item.reckoning.reductions:
            least = share_of(price.minimum, portion.used, portion.whole)
            assert item.amount_minor >= to_minor(least, "EUR")


@given(scenarios())
@tried
def test_an_undivided_price_owes_its_minimum_and_not_more_because_of_it(scenario):
    for items in by_period(scenario):
        price = items[0].price
        if (
            price.proration is Proration.NONE
            and price.kind is PriceKind.RECURRING
            and price.minimum is not None
            and all(item.price == price and not item.reckoning.reductions for item in items)
        ):
            full = max(item.reckoning.full_price for item in items)
            wanted = max(full, price.minimum)
            wanted = wanted if price.maximum is None else min(wanted, price.maximum)
            assert abs(sum(item.reckoning.amount for item in items) - wanted) < HAIR


@given(scenarios())
@tried
def test_a_true_up_is_never_more_than_the_commitment(scenario):
    for item in everything_owed(scenario):
        if item.price.code == COMMITMENT:
            assert 0 <= item.amount_minor <= to_minor(item.reckoning.amount, "EUR")


@given(scenarios())
@tried
def test_an_amount_off_counts_once_per_period(scenario):
    changes = [change for told in timelines(scenario) for change in told.changes]
    most = {c.id: c.discount.amount for c in changes if c.discount and c.discount.amount}
    taken: defaultdict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for item in everything_owed(scenario):
        for reduction in item.reckoning.reductions:
            if reduction.percent is None and item.price.kind is not PriceKind.ONCE:
                taken[reduction.change_id, item.slot_starts_on] += reduction.taken

    for (change_id, _), total in taken.items():
        assert total <= most[change_id] + HAIR


@given(AMOUNTS, st.sampled_from(FIRST_DAYS), st.integers(1, 27), st.booleans())
@tried
def test_used_and_unused_days_are_the_charged_amount_to_the_cent(amount, first, used, is_pause):
    price = PriceTerms(
        id="p", code="p", kind=PriceKind.RECURRING, timing=Timing.ADVANCE, model=PriceModel.FLAT,
        amount=amount, currency="EUR", tax_class="exempt",
    )  # fmt: skip
    plan = PlanTerms(id="p", code="p", interval=Interval.MONTH, prices=(price,))
    end, kind = first + DAY * used, ChangeKind.PAUSE if is_pause else ChangeKind.CANCEL
    start = Row(subscription="s", on=first, recorded_on=first, kind=ChangeKind.START, plan=plan)
    stop = Row(subscription="s", on=end, recorded_on=end, kind=kind)
    documents = run(Scenario(title="", plans={"p": plan}, timeline=(start, stop), until=end))

    whole = cycle_from(first, interval=Interval.MONTH).containing(first).days
    assert net_of(documents[:1]) == to_minor(amount, "EUR")
    assert net_of(documents) == to_minor(share_of(amount, used, whole), "EUR")


# Left out, because what is owed depends by the specification on what was known when: an undo
# (it takes back the change recorded latest), the credits none and full, a term (notice), several
# changes of one day (they act in the order of recording), and what a cancellation makes moot.
REORDERED = [
    ChangeKind.CHANGE_PLAN, ChangeKind.CHANGE_QUANTITY, ChangeKind.PAUSE, ChangeKind.OVERRIDE_PRICE,
    ChangeKind.DISCOUNT, ChangeKind.SET_ANCHOR_DAY, ChangeKind.CANCEL,
]  # fmt: skip


@given(scenarios(REORDERED), st.randoms(use_true_random=False))
@tried
def test_the_order_of_recording_does_not_change_the_sum(scenario, random):
    assume(scenario.contract.term is None)
    for told in timelines(scenario):
        effective = [change.effective_on for change in told.changes]
        ends = [c.effective_on for c in told.changes if c.kind is ChangeKind.CANCEL]
        assume(len(set(effective)) == len(effective) and ends in ([], [max(effective)]))
        until = max([scenario.until, *effective])
        prorated = [structs.replace(change, credit=Credit.PRORATED) for change in told.changes]
        order = random.sample(range(len(prorated)), len(prorated))
        shuffled = [
            structs.replace(
                c, position=n, recorded_on=random.choice([c.recorded_on, c.effective_on])
            )
            for n, c in zip(order, prorated, strict=True)
        ]

        sums = {
            Ledger(structs.replace(told, changes=tuple(mine))).bill_up_to(until).total
            for mine in (prorated, shuffled)
        }

        assert len(sums) == 1


@given(scenarios(), days(1, 90))
@tried
def test_a_version_of_equal_terms_changes_no_usage(scenario, after):
    bounds = dict.fromkeys(["minimum", "maximum"])
    in_percent = tuple(
        replace(
            row, discount=row.discount and replace(row.discount, amount=None, percent=Decimal(9))
        )
        for row in scenario.timeline
    )  # What is left of an amount off depends on the parts.
    scenario = with_prices(replace(scenario, timeline=in_percent), **bounds)
    first = min(row.on for row in scenario.timeline)
    longer = with_prices(scenario, again_on=first + after)
    sums = [
        sum(i.reckoning.amount for i in everything_owed(each) if i.price.kind is PriceKind.USAGE)
        for each in (scenario, longer)
    ]

    assert abs(sums[0] - sums[1]) < HAIR


@given(st.data(), st.randoms(use_true_random=False))
@tried
def test_records_measure_the_same_however_they_are_rolled_up(data, random):
    first = date(2026, 3, 1)
    meter = data.draw(meter_terms("m"))
    price = PriceTerms(
        id="p", code="p", kind=PriceKind.USAGE, timing=Timing.ARREARS, model=PriceModel.PER_UNIT,
        unit_price=Decimal(1), meter=meter, currency="EUR", tax_class="standard",
        group_by=data.draw(st.sampled_from([(), ("region",)])),
    )  # fmt: skip
    found = [data.draw(records(first, n)) for n in range(data.draw(st.integers(1, 12)))]
    starts_on = first + data.draw(days(0, 60))
    window = Window(
        starts_on=starts_on, ends_on=starts_on + data.draw(days(1, 31)), level_from=starts_on,
        base=Period(starts_on, starts_on + 31 * DAY), known_on=first + data.draw(days(0, 200)),
        zone=ZONE,
    )  # fmt: skip

    parts: defaultdict[int, list[object]] = defaultdict(list)
    for record in random.sample(found, len(found)):
        parts[random.randint(0, 2)].append(record)
    buckets = [bucket for part in parts.values() for bucket in roll_up(part, meter, ZONE)]
    buckets.sort(key=attrgetter("day"))

    assert measured(buckets, price, window) == measured(roll_up(found, meter, ZONE), price, window)
