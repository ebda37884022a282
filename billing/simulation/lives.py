"""A subscription as a scenario tells it: its facts day by day, and what was charged of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import structs

from billing.pricing.closing import closed
from billing.pricing.difference import Charged, Line, as_charged, difference
from billing.pricing.due import next_due
from billing.pricing.owed import owed
from billing.pricing.terms import Change
from billing.pricing.timeline import Timeline


class Life:
    """A subscription as it is told: its facts, and what was charged of it."""

    def __init__(self, timeline: Timeline) -> None:
        """Begin with all that is told, and nothing charged."""
        self.timeline = self._whole = timeline
        self._prices = timeline.prices
        self._charged: list[Charged] = []
        self._open: list[Charged] = []
        self._due_on: date | None = None
        self._is_due_known = False
        self._facts = defaultdict[date, list[Change]](list)
        for change in timeline.changes:
            self._facts[change.recorded_on].append(change)
        self._used = defaultdict[date, list[date]](list)
        for buckets in timeline.usage.values():
            for bucket in buckets:
                self._used[bucket.recorded_on].append(bucket.day)

    @property
    def days(self) -> Iterable[date]:
        """The days on which something of it became known."""
        return self._facts.keys() | self._used.keys()

    def facts(self, on: date) -> Sequence[Change]:
        """Return what was recorded on a day."""
        return self._facts.get(on, ())

    def open(self, on: date) -> None:
        """Begin a day: what becomes known on it may concern what was settled."""
        days = [*(change.effective_on for change in self.facts(on)), *self._used.get(on, ())]
        if days or (self._due_on and self._due_on <= on):
            self._is_due_known = False
        if min(days, default=on) <= self.timeline.open_from:
            self._reopen()

    def demand(self, known: Timeline, until: date) -> tuple[Line, ...]:
        """Return what is owed up to a day and not charged yet."""
        return difference(owed(known, until=until), self._open, prices=self._prices, known=known)

    def charge(self, lines: Iterable[Line]) -> None:
        """Keep lines as charged."""
        made = [as_charged(line) for line in lines]
        self._charged += made
        self._open += made

    def close(self, on: date) -> None:
        """End a day on which all that is owed was charged."""
        self.timeline = closed(self.timeline, on=on)
        since = self.timeline.open_from
        self._open = [charge for charge in self._open if charge.stretch_starts_on >= since]

    def due_after(self, on: date) -> date | None:
        """Return the next day on which something is due without any new fact."""
        if not self._is_due_known:
            # Days on which usage became known are days to look at already.
            known = structs.replace(self.timeline.known(on), usage={})
            self._due_on, self._is_due_known = next_due(known, after=on), True
        return self._due_on

    def _reopen(self) -> None:
        self.timeline = self._whole
        self._open = list(self._charged)
