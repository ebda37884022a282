"""Which types an endpoint asks for: by name, by the beginning of names, or all."""

from collections.abc import Iterable

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
