"""The facts of an explanation, read from their plain JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Facts:
    """Reads one fact after the other; what isn't there is None, or nothing."""

    plain: Mapping[str, object]

    def text(self, name: str) -> str:
        """Return a text; empty if it isn't there."""
        value = self.plain.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> Decimal | None:
        """Return a number."""
        value = self.plain.get(name)
        return None if value is None else Decimal(str(value))

    def sum(self, name: str) -> Decimal:
        """Return a number that is zero if it isn't there."""
        return self.number(name) or ZERO

    def minor(self, name: str) -> int:
        """Return minor units that are zero if they aren't there."""
        return int(self.sum(name))

    def day(self, name: str) -> date | None:
        """Return a day."""
        value = self.text(name)
        return date.fromisoformat(value) if value else None

    def rows(self, name: str) -> "list[Facts]":
        """Return a list of facts."""
        value = self.plain.get(name)
        return [Facts(row) for row in value] if isinstance(value, list) else []

    def has(self, name: str) -> bool:
        """Return whether a fact is there."""
        return self.plain.get(name) is not None

    def is_true(self, name: str) -> bool:
        """Return whether a fact is stated as true."""
        return self.plain.get(name) is True

    @property
    def is_usage(self) -> bool:
        """Whether the price is one of usage."""
        return self.text("kind") == "usage"

    @property
    def is_commitment(self) -> bool:
        """Whether it tops up to a minimum commitment."""
        return self.text("price") == "minimum_commitment"

    @property
    def is_part(self) -> bool:
        """Whether it is for a part of a billing period whose price depends on days."""
        if self.is_usage or not self.has("period_starts_on"):
            return False
        if self.text("proration") == "none":
            return self.minor("days_used") < self.minor("days_of_period")
        return self.sum("share_used") < self.sum("share_whole")

    @property
    def is_bounded(self) -> bool:
        """Whether a minimum, a maximum or a discount changes what the price comes to."""
        return self.has("minimum") or self.has("maximum") or bool(self.discounts)

    @property
    def discounts(self) -> "list[Facts]":
        """The discounts that take something off."""
        return [row for row in self.rows("discounts") if row.sum("taken")]
