"""Runs a scenario through the pure engine, day by day, and keeps the documents that it makes."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from billing.periods import day_after, month_day_after
from billing.pricing.agreement import Term, TermNotAllowed, agreed_from, check_consumer_term
from billing.pricing.contradictions import check_change
from billing.pricing.difference import Line
from billing.pricing.due import effective_date, turns_on
from billing.pricing.prices import ContradictoryPlan, PriceModel
from billing.pricing.terms import Change, ChangeKind, When
from billing.pricing.timeline import ContradictoryTimeline, Timeline, standing
from billing.pricing.usage import BadUsage, Bucket, UsageRecord, roll_up
from billing.simulation.documents import Papers
from billing.simulation.lives import Life
from billing.simulation.scenario import (
    BadScenario,
    Document,
    Grouping,
    Ordered,
    Row,
    Scenario,
)

_DAY = timedelta(days=1)


def run(scenario: Scenario) -> tuple[Document, ...]:
    """
    Return the documents of a scenario in order of date, everything due up to its last day.

    :raises BadScenario: if a row contradicts what is known, or can't be priced or measured.
    """
    lives = [Life(timeline) for timeline in timelines(scenario)]
    try:
        return tuple(_Replay(scenario, lives).documents())
    except (ContradictoryTimeline, ContradictoryPlan) as error:
        raise BadScenario(str(error), where=scenario.place("")) from error


def timelines(scenario: Scenario) -> list[Timeline]:
    """
    Return the subscriptions with all their changes, each checked against those before it.

    :raises BadScenario: if a row contradicts what is known, or a record can't be measured.
    """
    changes: dict[str, list[Change]] = {row.subscription: [] for row in scenario.timeline}
    for position, row in enumerate(scenario.timeline, start=1):
        mine = changes[row.subscription]
        term = _term(scenario, row, changes.values())
        mine += _recorded(row, position, mine, scenario, term)
    try:
        usage = _usage(scenario)
    except BadUsage as error:
        raise BadScenario(str(error)) from error
    return [
        Timeline(name, tuple(mine), scenario.seller.zone, usage.get(name, {}))
        for name, mine in changes.items()
    ]


def _term(scenario: Scenario, row: Row, before: Iterable[list[Change]]) -> Term | None:
    """Return the contract's term as a row finds it; the first start begins it."""
    months = scenario.contract.term
    if months is None:
        return None
    starts_on = agreed_from(change for mine in before for change in standing(mine))
    if starts_on is None and row.kind is ChangeKind.START:
        starts_on = row.on
    if starts_on is None:
        return None
    term = Term(
        starts_on=starts_on,
        initial_months=months.initial_months,
        renewal_months=months.renewal_months,
        notice_months=months.notice_months,
    )
    _check_term(term, scenario)
    return term


def _check_term(term: Term, scenario: Scenario) -> None:
    customer = scenario.customer
    if (customer.kind, customer.country) == ("consumer", "DE"):
        try:
            check_consumer_term(term)
        except TermNotAllowed as error:
            where = scenario.place(f"contract.{error.field}")
            raise BadScenario(str(error), where=where) from error


def _recorded(
    row: Row, position: int, before: list[Change], scenario: Scenario, term: Term | None
) -> Iterator[Change]:
    timeline = Timeline(row.subscription, tuple(before), scenario.seller.zone)
    try:
        change = Change(
            id=f"{row.subscription}.{position}",
            position=position,
            recorded_on=row.recorded_on,
            effective_on=_effective_on(row, timeline, term),
            kind=row.kind,
            plan=row.plan,
            quantity=row.quantity,
            credit=row.credit,
            discount=row.discount,
            override=row.override,
            anchor_day=row.anchor_day,
        )
        check_change(timeline, change, term=term)
    except (ContradictoryTimeline, ContradictoryPlan) as error:
        where = row.places.get(error.field, row.where)
        raise BadScenario(str(error), where=where) from error
    yield change
    if row.kind is ChangeKind.START and term and term.renewal_months == 0:
        yield _end_of_term(change, term)


def _effective_on(row: Row, timeline: Timeline, term: Term | None) -> date:
    if row.kind is ChangeKind.CANCEL and row.when is When.TERM_END and term:
        return term.earliest_end(notice_on=row.recorded_on)
    known = timeline.known(row.recorded_on)
    return effective_date(known, on=row.on, when=row.when, term=term)


def _end_of_term(start: Change, term: Term) -> Change:
    """Return the end of a subscription whose contract isn't renewed: it is known at its start."""
    return Change(
        id=f"{start.id}.end",
        position=start.position,
        recorded_on=start.recorded_on,
        effective_on=term.earliest_end(notice_on=start.effective_on),
        kind=ChangeKind.CANCEL,
    )


def _usage(scenario: Scenario) -> dict[str, dict[str, tuple[Bucket, ...]]]:
    records: dict[tuple[str, str], list[UsageRecord]] = {}
    for used in scenario.usage:
        records.setdefault((used.subscription, used.meter), []).append(used.record)
    found: dict[str, dict[str, tuple[Bucket, ...]]] = {}
    for (name, code), mine in records.items():
        meter = scenario.meters[code]
        _check_amounts(scenario, code, mine)
        found.setdefault(name, {})[meter.id] = roll_up(mine, meter, scenario.seller.zone)
    return found


def _check_amounts(scenario: Scenario, meter: str, records: Iterable[UsageRecord]) -> None:
    is_dynamic = any(
        price.model is PriceModel.DYNAMIC and price.meter and price.meter.code == meter
        for plan in scenario.plans.values()
        for price in plan.prices
    )
    for record in records:
        if is_dynamic and record.amount is None:
            raise BadUsage(
                f"The record {record.key} of meter {meter} needs its amount: a dynamic price "
                "charges what the records carry."
            )


class _Replay:
    """The days of a scenario on which something happens, one after the other."""

    def __init__(self, scenario: Scenario, lives: Sequence[Life]) -> None:
        self.scenario = scenario
        self.lives = lives
        self.papers = Papers(scenario)
        self.grouping = scenario.contract.grouping
        self.orders = defaultdict[date, list[Ordered]](list)
        for order in scenario.orders:
            self.orders[order.on].append(order)
        self.days = sorted({day for life in lives for day in life.days} | self.orders.keys())

    def documents(self) -> Iterator[Document]:
        on = self.days[0] if self.days else None
        while on is not None and on <= self.scenario.until:
            for life in self.lives:
                life.open(on)
            yield from self._of_day(on)
            for life in self.lives:
                life.close(on)
            on = self._next_day(on)

    def _of_day(self, on: date) -> Iterator[Document]:
        orders = self.orders.get(on, ())
        if self.grouping is Grouping.PER_EVENT:
            for lines in self._facts(on):
                yield from self.papers.document(on, lines)
            for order in orders:
                yield from self.papers.document(on, (), [order])
            yield from self.papers.document(on, self._due(on))
            return
        self.papers.collect(self._due(on), orders)
        if self.grouping is Grouping.PER_DAY or self._invoice_day_from(on) == on:
            yield from self.papers.collected(on)

    def _facts(self, on: date) -> Iterator[tuple[Line, ...]]:
        """Yield what each fact recorded on a day changes, without what is due that day anyway."""
        facts = [(change, life) for life in self.lives for change in life.facts(on)]
        for change, life in sorted(facts, key=lambda fact: fact[0].position):
            until = on - _DAY if turns_on(life.timeline, on) else on
            known = life.timeline.known(on, change.position)
            yield self._charged(life, life.demand(known, until))

    def _due(self, on: date) -> list[Line]:
        return [
            line
            for life in self.lives
            for line in self._charged(life, life.demand(life.timeline.known(on), on))
        ]

    def _charged(self, life: Life, lines: Iterable[Line]) -> tuple[Line, ...]:
        taxed = tuple(self.papers.at_one_rate(lines))
        life.charge(taxed)
        return taxed

    def _invoice_day_from(self, on: date) -> date:
        return month_day_after(on, self.scenario.contract.invoice_day)

    def _next_day(self, after: date) -> date | None:
        days = self.days[(following := bisect_right(self.days, after)) : following + 1]
        if days == [day_after(after)]:
            return days[0]  # Nothing can be due before.
        days += [due_on for life in self.lives if (due_on := life.due_after(after))]
        if self.papers.waiting:
            days.append(self._invoice_day_from(day_after(after)))
        return min(days, default=None)
