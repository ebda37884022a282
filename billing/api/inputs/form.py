"""Inputs: what a request may say, and nothing else."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from billing.api import messages
from billing.api.messages import printable

NAMED_AT_MOST = 20
GIVEN = {"id", "created_at", "transaction_id"}  # By us: whoever sends back what was read has them.


class Input(serializers.Serializer[Any]):
    # A body or query whose unknown fields are refused, so that no wish is silently passed over. A
    # comment, since the API's description would repeat a docstring for each input.

    default_error_messages = messages.OBJECT

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Any:
        """Return a list of such inputs."""
        return super().many_init(*args, **{"error_messages": messages.LIST, **kwargs})

    def to_internal_value(self, data: Any) -> Any:
        """
        Return the values.

        :raises ValidationError: naming each wrong field, the unknown ones among them.
        """
        unknown: dict[str, Any] = {}
        if isinstance(data, Mapping):
            unknown = dict(_unknown(data, known=self.fields))
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if isinstance(error.detail, dict):
                error.detail.update(unknown)
            raise
        if unknown:
            raise serializers.ValidationError(unknown)
        return values


def _unknown(data: Iterable[str], *, known: Iterable[str]) -> dict[str, list[ErrorDetail]]:
    names = list(known)
    found = [name for name in data if name not in set(names)][:NAMED_AT_MOST]
    return {printable(name): [_hint(name, names)] for name in found}


def _hint(name: str, known: list[str]) -> ErrorDetail:
    if name in GIVEN:
        return ErrorDetail("Not yours to give or change: leave it out.", code="unknown_field")
    nearest = get_close_matches(name[:100], known, n=1, cutoff=0.5)
    hint = f"Did you mean {nearest[0]}?" if nearest else f"Known are: {', '.join(known)}."
    return ErrorDetail(f"Unknown field. {hint}", code="unknown_field")
