"""What must be mended where something can't go on: told by whoever finds it."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Mend:
    """
    What must be mended: the kind of the row, its id, and which part of it.

    Two troubles with one `Mend` have one cause. So it names neither who met it nor when: of a plan
    without a price the plan, the price's code and the currency, not the contract or the day. `id`
    is empty where the row isn't there yet, or where only a later stage knows it.
    """

    kind: str = ""
    id: str = ""
    part: str = ""

    def of(self, row_id: object) -> "Mend":
        """Return the same of a row, unless it names one already."""
        return self if self.id else replace(self, id=str(row_id or ""))


NOTHING = Mend()


class Mendable(Exception):
    """Something that someone can mend; `mend` says what."""

    mend: Mend = NOTHING


def mend_of(error: Exception) -> Mend:
    """Return what must be mended by what an exception says; `NOTHING` where it doesn't."""
    return error.mend if isinstance(error, Mendable) else NOTHING
