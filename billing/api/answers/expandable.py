"""What can stand as an object within an output: told by lists, taken up by the description."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

Output = type[serializers.BaseSerializer[Any]]
Schema = dict[str, Any]
NULL: Schema = {"type": "null"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expandable:
    """What callers can have within an output instead of an id, or besides: one, or a list."""

    output: Output
    is_many: bool


_KNOWN: dict[Output, dict[str, Expandable]] = {}


def tell_expandable(output: Output, name: str, expandable: Expandable) -> None:
    """Note that an output can have an object under a name."""
    _KNOWN.setdefault(output, {})[name] = expandable


def expandable_in(output: Output) -> Mapping[str, Expandable]:
    """Return what an output can have, by name."""
    return _KNOWN.get(output, {})


def either(plain: Schema | None, nested: Schema, *, name: str, is_many: bool) -> Schema:
    """
    Return the schema of a field that is its plain self, or what is nested where that is asked for.

    Without a plain self it is there only then.
    """
    nested = {"type": "array", "items": nested} if is_many else nested
    if plain is None:
        return {**nested, "description": f"Only with `expand={name}`."}
    about: Schema = {key: plain[key] for key in ("description", "readOnly") if key in plain}
    itself = {key: value for key, value in plain.items() if key not in about}
    kinds = itself["type"] if isinstance(itself["type"], list) else [itself["type"]]
    if "null" not in kinds:
        return {"oneOf": [itself, nested], **about}
    (kind,) = (each for each in kinds if each != "null")
    return {"oneOf": [{**itself, "type": kind}, nested, NULL], **about}
