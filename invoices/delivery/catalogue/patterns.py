"""Which types an endpoint asks for: by name, by the beginning of names, or all."""

from collections.abc import Collection, Iterable

from billing.scopes import READ, READ_ONLY
from invoices.delivery.catalogue.types import TYPES

ALL_TYPES = "*"
# All that can be asked for; `invoice.*` stands for each type of invoices, be it added later.
PATTERNS = (
    ALL_TYPES,
    *dict.fromkeys(f"{name.partition('.')[0]}.*" for name in TYPES),
    *TYPES,
)


def matches(patterns: Iterable[str], name: str) -> bool:
    """Return whether any of the patterns stands for a type."""
    return not {ALL_TYPES, f"{name.partition('.')[0]}.*", name}.isdisjoint(patterns)


def scopes_to_read(*asked: Collection[str]) -> list[str]:
    """
    Return the scopes of who reads what all of `asked`, lists of patterns, stand for.

    All types need to read everything: also those that are added later are told then.
    """
    if all(ALL_TYPES in patterns for patterns in asked):
        return [READ_ONLY]
    both = [each for each in TYPES.values() if all(matches(names, each.name) for names in asked)]
    return sorted({f"{each.resource}:{READ}" for each in both})
