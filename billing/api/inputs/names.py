"""Several names in one parameter of a query."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.api.messages import printable


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class NamesField(serializers.Field[Any, Any, Any, Any]):
    """Some of the names that there are, with commas between them."""

    default_error_messages = {"unknown_name": "{input} isn't known here. {hint}"}

    def __init__(self, *, names: Iterable[str], **kwargs: Any) -> None:
        """`names` are those that there are."""
        self.names = list(names)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the names, each once."""
        wanted = list(dict.fromkeys(name.strip() for name in str(data).split(",")))
        for name in wanted:
            if name not in self.names:
                self.fail("unknown_name", input=printable(name) or "Nothing", hint=self._hint(name))
        return wanted

    def to_representation(self, value: Any) -> Any:
        """Return the names as they were said."""
        return ",".join(value)

    def _hint(self, name: str) -> str:
        known = f"Known are: {', '.join(self.names)}."
        nearest = get_close_matches(name[:100], self.names, n=1, cutoff=0.6)
        return f"Did you mean {nearest[0]}? {known}" if nearest else known
