"""Reading of JSON bodies, so that nothing a caller sends is more than a refusal."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from billing.api.problems import Refusal, tell

LONGEST_NUMBER = 1000


class LengthRequired(Exception):
    """The length of the body isn't told."""


tell(
    exceptions={
        LengthRequired: Refusal(
            411, "length_required", detail="Send the body with its Content-Length, not in chunks."
        )
    }
)


class ExactJsonParser(JSONParser):
    """Reads numbers as exact decimals; refuses NaN, names given twice, and nesting without end."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """
        Return the body.

        :raises ParseError: if it is not JSON in UTF-8.
        """
        try:
            return json.loads(  # type: ignore[no-any-return]
                stream.read().decode("utf-8"),
                parse_float=Decimal,
                parse_int=_whole,
                parse_constant=_refuse_constant,
                object_pairs_hook=_unique,
            )
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        except ValueError as error:  # Also what is not UTF-8.
            raise ParseError(f"The body is not JSON in UTF-8: {error}"[:300]) from error


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"a number has more than {LONGEST_NUMBER} digits: nothing takes so many")
    return int(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object gives a name twice")
    return found
