"""The stretches of a price: days of constant terms within one billing period, and when due."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain

from msgspec import Struct, structs

from billing.periods import Alignment, Period, day_after
from billing.pricing.conditions import ActiveDiscount, Pricing
from billing.pricing.course import Part, Segment, course
from billing.pricing.facts import Facts
from billing.pricing.prices import PriceKind, Timing
from billing.pricing.rating import rated_quantity
from billing.pricing.schedule import Slot
from billing.pricing.terms import Change, ChangeKind, Credit
from billing.pricing.usage import Bucket

_NEVER = date.max
_DAY = timedelta(days=1)


class Stretch(Struct, frozen=True):
    """
    Days of a billing period that a price is owed for on constant terms.

    `paid` are its days that are neither paused nor in a trial: they may be fewer for usage, which
    is owed on every day. `rated_from` is where the count of usage begins.
    """

    starts_on: date
    ends_on: date
    slot: Slot
    quantity: Decimal
    pricing: Pricing
    discounts: tuple[ActiveDiscount, ...]
    change: Change
    ended_by: Change | None
    due_on: date
    rated_from: date
    paid: tuple[Period, ...]


class Run(Struct, frozen=True):
    """Days on constant terms as one price sees them, over the turns of periods."""

    starts_on: date
    ends_on: date | None
    quantity: Decimal
    pricing: Pricing
    discounts: tuple[ActiveDiscount, ...]
    change: Change
    ended_by: Change | None
    paid: tuple[tuple[date, date], ...]

    @property
    def discount_ids(self) -> list[str]:
        """Which discounts reduce the price, whenever other billing periods let them end."""
        return [discount.change_id for discount in self.discounts]

    @property
    def end(self) -> date:
        """The first day after it; `date.max` if nothing is known to end it."""
        return self.ends_on or _NEVER


def stretches(facts: Facts, part: Part, code: str, since: date) -> Iterator[Stretch]:
    """Yield what is due of a price in a part, from the billing period that contains `since` on."""
    price = next(segment.prices[code].price for segment in part.segments if code in segment.prices)
    find = _TIMINGS[price.timing] if price.kind is PriceKind.RECURRING else _KINDS[price.kind]
    return find(facts, part, code, since)


def settled_on(facts: Facts, usage: Iterable[Sequence[Bucket]]) -> date:
    """
    Return the latest day, up to the one looked at, on which late usage was charged too.

    That is the turn of a period, a change of plan, a day after the end, or one in a pause on which
    usage became known.
    """
    found, until = facts.course, facts.until
    end = found.cancellation
    if end and end.effective_on <= until:
        return until
    part = found.part_on(until)
    if part is None:
        return date.min
    return max(
        facts.schedule.slot(until).starts_on, part.starts_on, *_told_late_in_pauses(facts, usage)
    )


def period_start(facts: Facts, day: date) -> date | None:
    """
    Return the first day of what is reckoned together with a day; None if no part runs on it.

    That is its billing period; usage of a trial before the first one is reckoned with that.
    """
    if facts.course.part_on(day) is None:
        return None
    slot = facts.schedule.slot(day)
    days = [slot.starts_on]
    for part in facts.course.parts:
        trial_until = trial_before_periods(part)
        if trial_until and part.starts_on <= day < facts.schedule.slot(trial_until).ends_on:
            days.append(part.starts_on)
    return min(days)


def _told_late_in_pauses(facts: Facts, usage: Iterable[Sequence[Bucket]]) -> Iterator[date]:
    """Yield the days in pauses on which usage of days that were charged by then became known."""
    pauses = [
        (part, segment.starts_on, min(facts.until, (segment.ends_on or _NEVER) - _DAY))
        for part in facts.course.parts
        for segment in part.segments
        if segment.is_paused and segment.starts_on <= facts.until
    ]
    for bucket in chain.from_iterable(usage if pauses else ()):
        on = bucket.recorded_on
        for part, first, last in pauses:
            if first <= on <= last:
                charged_until = max(part.starts_on, facts.schedule.slot(on).starts_on)
                if bucket.day < charged_until:
                    yield on


def _once(facts: Facts, part: Part, code: str, since: date) -> Iterator[Stretch]:
    first = next((segment for segment in part.segments if not segment.is_trial), None)
    if first is None or code not in first.prices:
        return
    on, pricing = first.starts_on, first.prices[code]
    if not since <= on <= facts.until:
        return
    day = Period(on, day_after(on))
    slot = Slot(on, day.ends_on, day)
    quantity = rated_quantity(pricing.price, first.quantity)
    discounts = _reducing(first, pricing)
    yield Stretch(
        on, day.ends_on, slot, quantity, pricing, discounts, first.change, None, on, on, (day,)
    )


def _in_advance(facts: Facts, part: Part, code: str, since: date) -> Iterator[Stretch]:
    for run in runs(part, code, is_usage=False):
        starts_before = min(
            _charged_before(run), day_after(facts.until), facts.course.refunded_from
        )
        for starts_on, slot in _starts(facts, run, since, starts_before):
            rest = Period(starts_on, slot.ends_on)
            ends_on, ender = _end_when_charged(facts, run, code, rest)
            if ends_on > starts_on:
                yield _stretch(run, slot, Period(starts_on, ends_on), ender, due_on=starts_on)


def _in_arrears(facts: Facts, part: Part, code: str, since: date) -> Iterator[Stretch]:
    for run in runs(part, code, is_usage=False):
        yield from _when_ended(facts, part, run, since)


def _used(facts: Facts, part: Part, code: str, since: date) -> Iterator[Stretch]:
    trial_until = trial_before_periods(part)
    first = facts.schedule.slot(trial_until) if trial_until else None
    for run in runs(part, code, is_usage=True):
        later = since
        if first and run.starts_on < first.ends_on:
            # Such a trial has no billing periods: its usage counts in the first one that is paid.
            due_on, later = min(first.ends_on, part.ends_on or _NEVER), max(since, first.ends_on)
            if since <= run.starts_on and due_on <= facts.until:
                days = Period(run.starts_on, min(run.end, first.ends_on))
                ender = run.ended_by if days.ends_on == run.ends_on else None
                stretch = _stretch(run, first, days, ender, due_on=due_on)
                yield structs.replace(stretch, rated_from=part.starts_on)
        yield from _when_ended(facts, part, run, later)


def trial_before_periods(part: Part) -> date | None:
    """Return the end of a trial that the first billing period comes after; None without one."""
    if part.plan.alignment is Alignment.CALENDAR:
        return None
    ends = [segment.ends_on for segment in part.segments if segment.is_trial]
    return ends[-1] if ends else None


def _when_ended(facts: Facts, part: Part, run: Run, since: date) -> Iterator[Stretch]:
    for starts_on, slot in _starts(facts, run, since, run.end):
        # A plan's end makes all its parts due; a pause or another quantity does not.
        due_on = min(slot.ends_on, part.ends_on or _NEVER)
        if due_on > facts.until:
            return
        ends_on, ender = _end_within(run, Period(starts_on, slot.ends_on))
        stretch = _stretch(run, slot, Period(starts_on, ends_on), ender, due_on=due_on)
        yield structs.replace(stretch, rated_from=max(part.starts_on, slot.starts_on))


_Finder = Callable[[Facts, Part, str, date], Iterator[Stretch]]
_TIMINGS: dict[Timing, _Finder] = {Timing.ADVANCE: _in_advance, Timing.ARREARS: _in_arrears}
_KINDS: dict[PriceKind, _Finder] = {PriceKind.ONCE: _once, PriceKind.USAGE: _used}


def _stretch(
    run: Run, slot: Slot, days: Period, ended_by: Change | None, *, due_on: date
) -> Stretch:
    return Stretch(
        days.starts_on,
        days.ends_on,
        slot,
        run.quantity,
        run.pricing,
        run.discounts,
        run.change,
        ended_by,
        due_on,
        days.starts_on,
        tuple(_clipped(run.paid, days)),
    )


def _clipped(spans: Sequence[tuple[date, date]], days: Period) -> Iterator[Period]:
    for span_starts_on, span_ends_on in spans:
        starts_on, ends_on = max(span_starts_on, days.starts_on), min(span_ends_on, days.ends_on)
        if starts_on < ends_on:
            yield Period(starts_on, ends_on)


def runs(part: Part, code: str, *, is_usage: bool) -> Sequence[Run]:
    """Return the days of a part on which a price holds, by constant terms, in order of time."""
    found: list[Run] = []
    for segment in part.segments:
        if code not in segment.prices or not (is_usage or segment.is_paid):
            continue
        run = _run(segment, code, is_usage=is_usage)
        if found and _goes_on(found[-1], run):
            found[-1] = structs.replace(
                found[-1],
                ends_on=run.ends_on,
                ended_by=run.ended_by,
                paid=_joined(found[-1].paid, run.paid),
            )
        else:
            found.append(run)
    return found


def _run(segment: Segment, code: str, *, is_usage: bool) -> Run:
    pricing = segment.prices[code]
    return Run(
        segment.starts_on,
        segment.ends_on,
        Decimal(0) if is_usage else rated_quantity(pricing.price, segment.quantity),
        pricing,
        _reducing(segment, pricing),
        segment.change,
        segment.ended_by,
        ((segment.starts_on, segment.ends_on or _NEVER),) if segment.is_paid else (),
    )


def _joined(
    spans: tuple[tuple[date, date], ...], more: tuple[tuple[date, date], ...]
) -> tuple[tuple[date, date], ...]:
    """Return all spans, as few as can be: their number must not grow with that of the facts."""
    if spans and more and spans[-1][1] == more[0][0]:
        return (*spans[:-1], (spans[-1][0], more[0][1]))
    return (*spans, *more)


def _goes_on(run: Run, following: Run) -> bool:
    return (
        run.ends_on == following.starts_on
        and run.quantity == following.quantity
        and run.discount_ids == following.discount_ids
        and run.pricing.tag == following.pricing.tag
        and run.pricing.price == following.pricing.price
    )


def _reducing(segment: Segment, pricing: Pricing) -> tuple[ActiveDiscount, ...]:
    return tuple(discount for discount in segment.discounts if discount.reduces(pricing.price))


def _starts(facts: Facts, run: Run, since: date, before: date) -> Iterator[tuple[date, Slot]]:
    first = max(run.starts_on, since)
    if first >= before:
        return
    for slot in facts.schedule.slots(first):
        starts_on = max(run.starts_on, slot.starts_on)
        if starts_on >= before:
            return
        yield starts_on, slot


def _is_kept_paid(run: Run) -> bool:
    change = run.ended_by
    return bool(change and change.kind is ChangeKind.CANCEL and change.credit is Credit.NONE)


def _charged_before(run: Run) -> date:
    """Return the day from which no stretch of the run begins any more."""
    if run.ended_by and _is_kept_paid(run):
        # What had been charged before a backdated cancellation was recorded stays charged.
        return max(run.end, run.ended_by.recorded_on)
    return run.end


def _end_when_charged(
    facts: Facts, run: Run, code: str, rest: Period
) -> tuple[date, Change | None]:
    """Return where a stretch ends that starts with the rest of a period, and what ends it."""
    waived = run.ended_by if _is_kept_paid(run) else None
    charged_on = max(rest.starts_on, run.change.recorded_on)
    if waived and waived.recorded_on > charged_on:
        return _announced_end(facts, waived, code, rest, charged_on)
    # What is known by now, but takes effect later, may not have been known when it was charged.
    next_turn = min(run.end if run.end > facts.until else _NEVER, facts.next_pending)
    if run.end > facts.until and next_turn < rest.ends_on:
        return _announced_end(facts, None, code, rest, charged_on)
    return _end_within(run, rest)


def _announced_end(
    facts: Facts, waived: Change | None, code: str, rest: Period, charged_on: date
) -> tuple[date, Change | None]:
    """Return the end that was known when the stretch was charged, a later change unheard of."""
    heard_of = course(
        [
            change
            for change in facts.standing
            if change is not waived
            and (change.effective_on <= rest.starts_on or change.recorded_on <= charged_on)
        ],
        known_on=charged_on,
        opening=facts.opening,
    )
    part = heard_of.part_on(rest.starts_on)
    if part and heard_of.schedule and rest.starts_on < heard_of.refunded_from:
        rest = Period(rest.starts_on, heard_of.schedule.slot(rest.starts_on).ends_on)
        for run in runs(part, code, is_usage=False):
            if run.starts_on <= rest.starts_on < run.end:
                return _end_within(run, rest)
    return rest.starts_on, None


def _end_within(run: Run, period: Period) -> tuple[date, Change | None]:
    if period.ends_on < run.end:
        return period.ends_on, None
    return run.end, run.ended_by
