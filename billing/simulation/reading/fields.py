"""The keys of a mapping, read one by one: what is unknown, missing or malformed is refused."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from billing.simulation.reading.nodes import Told
from billing.simulation.reading.values import (
    check_name,
    cut,
    day_of,
    decimal_of,
    hint,
    instant_of,
    is_whole,
    one_of,
    shown,
    text_of,
)
from billing.simulation.scenario import BadScenario

T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)


class Fields:
    """A mapping of which only some keys are known. A key with null counts as not given."""

    def __init__(self, told: Told, what: str, known: Iterable[str]) -> None:
        """
        Take a mapping; `what` says in refusals what it is.

        :raises BadScenario: if it is no mapping, or has another key.
        """
        self.told, self.where, self.what = told, told.where, what
        if not isinstance(told.value, dict):
            raise BadScenario(
                f"{what} must be keys with values, not {shown(told)}.", where=told.where
            )
        self.entries: dict[str, Told] = told.value
        names = list(known)
        for name, each in self.entries.items():
            if name not in names:
                raise BadScenario(f"{what} has no key {cut(name)!r}: {hint(name, names)}",
                                  where=each.where)  # fmt: skip

    def given(self, name: str) -> bool:
        """Return whether a key is there, with a value."""
        return name in self.entries and self.entries[name].value is not None

    def at(self, name: str) -> Told:
        """Return what stands under a key; it must be given."""
        if not self.given(name):
            raise BadScenario(f"{self.what} lacks the key {name!r}: give it.", where=self.where)
        return self.entries[name]

    def refuse(self, name: str, problem: str) -> BadScenario:
        """Return a refusal of a key's value, or of the whole if the key isn't there."""
        return BadScenario(problem, where=self.entries.get(name, self.told).where)

    def places(self) -> dict[str, str]:
        """Return where each key stands that is given."""
        return {name: told.where for name, told in self.entries.items()}

    def maybe(self, read: Callable[[str], T], name: str) -> T | None:
        """Return what a key says; None if it isn't given."""
        return read(name) if self.given(name) else None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a line of text."""
        if default is not None and not self.given(name):
            return default
        return text_of(self.at(name), name)

    def flag(self, name: str) -> bool:
        """Return true or false; false if not given."""
        if not self.given(name):
            return False
        value = self.at(name).value
        if not isinstance(value, bool):
            raise self.refuse(name, f"{name} must be true or false, not {shown(self.at(name))}.")
        return value

    def decimal(self, name: str, default: Decimal | None = None) -> Decimal:
        """Return an exact number."""
        if default is not None and not self.given(name):
            return default
        return decimal_of(self.at(name), name)

    def whole(self, name: str, default: int | None = None, *, least: int = 0) -> int:
        """Return a whole number, `least` or more."""
        if default is not None and not self.given(name):
            return default
        told = self.at(name)
        if is_whole(told) and (value := int(self.decimal(name))) >= least:
            return value
        raise self.refuse(
            name, f"{name} must be a whole number from {least} on, not {shown(told)}."
        )

    def count(self, name: str) -> int:
        """Return a whole number from 1 on."""
        return self.whole(name, least=1)

    def quantity(self, name: str) -> Decimal:
        """Return an exact number that isn't negative."""
        value = self.decimal(name)
        if value < 0:
            raise self.refuse(name, f"{name} must not be negative, but it is {value:f}.")
        return value

    def month_day(self, name: str) -> int:
        """Return a day of a month, 1 to 31."""
        value = self.whole(name, least=1)
        if value > 31:
            raise self.refuse(name, f"{name} must be a day of a month, 1 to 31, not {value}.")
        return value

    def day(self, name: str, default: date | None = None) -> date:
        """Return a day."""
        if default is not None and not self.given(name):
            return default
        return day_of(self.at(name), name)

    def instant(self, name: str) -> datetime:
        """Return a point in time that says its offset from UTC."""
        return instant_of(self.at(name), name)

    def choice(self, name: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """Return one of the values of an enumeration."""
        if default is not None and not self.given(name):
            return default
        values = [member.value for member in kind]
        return kind(one_of(self.at(name), name, values))

    def items(self, name: str) -> list[Told]:
        """Return the parts of a list; none if it isn't given."""
        if not self.given(name):
            return []
        told = self.at(name)
        if not isinstance(told.value, list):
            raise self.refuse(name, f"{name} must be a list, not {shown(told)}.")
        return told.value

    def named(self, name: str) -> dict[str, Told]:
        """Return the parts of a mapping whose keys are free; none if it isn't given."""
        if not self.given(name):
            return {}
        told = self.at(name)
        if not isinstance(told.value, dict):
            raise self.refuse(name, f"{name} must be names with values, not {shown(told)}.")
        for each, inner in told.value.items():
            check_name(each, name, inner.where)
        return told.value

    def reference(self, name: str, known: Mapping[str, T], what: str) -> T:
        """Return what a name stands for among those that are defined."""
        told = self.at(name)
        return known_one(text_of(told, name), known, what=what, where=told.where)


def known_one(name: str, known: Mapping[str, T], *, what: str, where: str) -> T:
    """Return what a name stands for among those that are defined."""
    if name not in known:
        raise BadScenario(
            f"no {what} {cut(name)!r} is defined: {hint(name, list(known))}", where=where
        )
    return known[name]
