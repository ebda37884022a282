"""
Reading records: by hand, since a serializer would cost more than all the rest.

What is malformed is named by its path; what is well-formed but unknown is not decided here.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

from billing.api.messages import printable
from billing.api.references import UUID_FORM
from billing.money import plain_decimal
from billing.usage.commands.sent import PLACES, WHOLE_DIGITS, SentRecord

RECORDS_AT_MOST = 1000
ERRORS_AT_MOST = 100  # So that a wrong sender isn't answered with a book.

_REQUIRED = ("meter", "subscription", "key", "at")
_FIELDS = frozenset([*_REQUIRED, "value", "properties", "amount"])
_KEY_LENGTH, _CODE_LENGTH, _TEXT_LENGTH, _PROPERTIES = 200, 100, 255, 50
_OWN = "ext:"
_INSTANT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_NUMBER = re.compile(rf"-?\d{{1,{WHOLE_DIGITS}}}(\.\d{{1,{PLACES}}})?", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ONE, _ZERO = Decimal(1), Decimal(0)
_UTC = {"Z", "+00:00"}


class TooManyRecords(Exception):
    """The batch is larger than one call takes."""


class _Malformed(Exception):
    """A field is not as it must be: its path within the record, a code, and what to give."""


def read_records(body: Any) -> list[SentRecord]:
    """
    Return the records of a body.

    :raises TooManyRecords: if they are more than `RECORDS_AT_MOST`.
    :raises ValidationError: naming each malformed field by its path: records.0.at.
    """
    sent = _listed(body)
    if len(sent) > RECORDS_AT_MOST:
        raise TooManyRecords(
            f"There are {len(sent)} records: send at most {RECORDS_AT_MOST} in a call, "
            "the rest in further calls."
        )
    records: list[SentRecord] = []
    errors: dict[str, Any] = {}
    for index, each in enumerate(sent):
        try:
            records.append(_record(each))
        except _Malformed:
            errors[str(index)] = dict(_errors(each))
            if len(errors) == ERRORS_AT_MOST:
                break
    if errors:
        raise ValidationError({"records": errors})
    return records


def _listed(body: Any) -> Sequence[Any]:
    if not isinstance(body, Mapping):
        raise ValidationError('Give an object with a list: {"records": [...]}.', code="invalid")
    unknown = [name for name in body if name != "records"]
    if unknown:
        told = {printable(name): [_unknown(name, ["records"])] for name in unknown[:20]}
        raise ValidationError(told)
    sent = body.get("records")
    if not isinstance(sent, list) or not sent:
        raise ValidationError(
            {"records": ["Give a list of at least one record."]},
            code="invalid" if sent else "required",
        )
    return sent


def _record(each: Any) -> SentRecord:
    """
    Return a record.

    :raises _Malformed: at the first field that is wrong.
    """
    if not isinstance(each, dict) or not each.keys() <= _FIELDS:
        raise _Malformed
    amount = each.get("amount")
    return SentRecord(
        meter=_meter(each.get("meter")),
        subscription=_subscription(each.get("subscription")),
        key=_key(each.get("key")),
        at=_at(each.get("at")),
        value=_number(each["value"]) if "value" in each else _ONE,
        amount=None if amount is None else _number(amount),
        properties=_properties(each["properties"]) if "properties" in each else {},
    )


def _errors(each: Any) -> Iterator[tuple[str, Any]]:
    """Yield all that is wrong with a record: the slow way, for the few that are malformed."""
    if not isinstance(each, dict):
        yield "non_field_errors", [ErrorDetail("Give an object.", code="invalid")]
        return
    for name in each.keys() - _FIELDS:
        yield printable(name), [_unknown(name, sorted(_FIELDS))]
    for name, read in _READ.items():
        if name not in each and name in _REQUIRED:
            yield name, [ErrorDetail("This field is required.", code="required")]
        elif name in each and not (name == "amount" and each[name] is None):
            try:
                read(each[name])
            except _Malformed as malformed:
                code, detail = malformed.args
                yield name, [ErrorDetail(detail, code=code)]


def _unknown(name: str, known: list[str]) -> ErrorDetail:
    nearest = get_close_matches(name[:100], known, n=1, cutoff=0.5)
    hint = f"Did you mean {nearest[0]}?" if nearest else f"Known are: {', '.join(known)}."
    return ErrorDetail(f"Unknown field. {hint}", code="unknown_field")


def _meter(code: Any) -> str:
    if not isinstance(code, str) or not 0 < len(code) <= _CODE_LENGTH or not code.isprintable():
        raise _Malformed("malformed", f"Give a meter's code of 1 to {_CODE_LENGTH} characters.")
    return code.removeprefix("code:")


def _subscription(named: Any) -> str:
    if isinstance(named, str):
        if UUID_FORM.fullmatch(named):
            return named.lower()
        if named.startswith(_OWN) and named.isprintable():
            length = len(named) - len(_OWN)
            if 0 < length <= _CODE_LENGTH:
                return named
    raise _Malformed("malformed_reference", "Give an id (UUID) or ext:…")


def _key(key: Any) -> str:
    if not isinstance(key, str) or not 0 < len(key) <= _KEY_LENGTH or not key.isprintable():
        raise _Malformed(
            "malformed", f"Give 1 to {_KEY_LENGTH} printable characters that no other record has."
        )
    return key


def _at(text: Any) -> datetime:
    if isinstance(text, str) and _INSTANT.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            pass
    raise _Malformed(
        "malformed",
        "Give an instant of this century with its offset: 2026-03-01T12:00:00+01:00.",
    )


def _number(number: Any) -> Decimal:
    text = number
    if isinstance(number, int | Decimal) and not isinstance(number, bool):
        text = _written_out(number)
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise _Malformed(
            "malformed",
            f"Give a decimal number as a string, at most {WHOLE_DIGITS} digits before and "
            f'{PLACES} after the point: "12.50".',
        )
    return Decimal(text) or _ZERO  # There is no minus zero.


def _properties(sent: Any) -> dict[str, str]:
    if not isinstance(sent, dict) or len(sent) > _PROPERTIES:
        raise _Malformed("malformed", f"Give an object of at most {_PROPERTIES} properties.")
    found = {}
    for name, value in sent.items():
        text = value if isinstance(value, str) else _scalar(value)
        for each in (name, text):
            if len(each) > _TEXT_LENGTH or not (each.isprintable() or not _CONTROL.search(each)):
                raise _Malformed(
                    "malformed",
                    f"Names and values of properties are texts of at most {_TEXT_LENGTH} "
                    "characters, without control characters.",
                )
        found[name] = text
    return found


def _scalar(value: Any) -> str:
    """Return the text that a number or flag stands for."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal) and (text := _written_out(value)) is not None:
        return text
    raise _Malformed("malformed", "The value of a property is a text, a number, true or false.")


def _written_out(number: int | Decimal) -> str | None:
    """Return a number of JSON as digits; None for what is too long to be one."""
    exact = Decimal(number)
    if abs(exact.adjusted()) > WHOLE_DIGITS + PLACES:
        return None
    return plain_decimal(exact)


_READ: Mapping[str, Callable[[Any], object]] = {
    "meter": _meter,
    "subscription": _subscription,
    "key": _key,
    "at": _at,
    "value": _number,
    "properties": _properties,
    "amount": _number,
}
