"""The billing periods that a subscription really has: cycles one after the other, cut short."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from billing.periods import Cycle, Period


class Slot(Struct, frozen=True):
    """
    A billing period as it is lived through, and the full period `base` that its days are shares of.

    They differ where another cycle cuts the period short or begins with a stub.
    """

    starts_on: date
    ends_on: date
    base: Period


class Leg(Struct, frozen=True):
    """A cycle that holds from a day on."""

    starts_on: date
    cycle: Cycle


class Schedule(Struct, frozen=True):
    """The cycles of a subscription in order of time; the first one has no beginning."""

    legs: tuple[Leg, ...]

    @classmethod
    def of(cls, cycle: Cycle) -> "Schedule":
        """Return the schedule of a single cycle."""
        return cls((Leg(date.min, cycle),))

    def switched(self, on: date, cycle: Cycle) -> "Schedule":
        """Return the schedule that goes over to another cycle on a day, whatever lay behind it."""
        return Schedule((*(leg for leg in self.legs if leg.starts_on < on), Leg(on, cycle)))

    def until(self, on: date) -> "Schedule":
        """Return the schedule without the cycles that begin after a day."""
        return Schedule(tuple(leg for leg in self.legs if leg.starts_on <= on))

    def slot(self, on: date) -> Slot:
        """Return the billing period that a day lies in."""
        index = self._index(on)
        return self._slot(index, self.legs[index].cycle.containing(on))

    def slots(self, on: date) -> Iterator[Slot]:
        """Yield the billing period that a day lies in and all that follow, without end."""
        index = self._index(on)
        while True:
            ends_on = self._end(index)
            for base in self.legs[index].cycle.periods(on):
                slot = self._slot(index, base)
                yield slot
                if slot.ends_on == ends_on:
                    break
            on, index = ends_on, index + 1

    def _index(self, on: date) -> int:
        index = len(self.legs) - 1
        while self.legs[index].starts_on > on:
            index -= 1
        return index

    def _end(self, index: int) -> date:
        return self.legs[index + 1].starts_on if index + 1 < len(self.legs) else date.max

    def _slot(self, index: int, base: Period) -> Slot:
        starts_on = max(base.starts_on, self.legs[index].starts_on)
        return Slot(starts_on, min(base.ends_on, self._end(index)), base)
