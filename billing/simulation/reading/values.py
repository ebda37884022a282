"""Single values of a scenario: each read exactly, or refused with its place and the remedy."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches

from billing.simulation.reading.nodes import Told
from billing.simulation.scenario import BadScenario

FIRST_DAY, END_OF_DAYS = date(2000, 1, 1), date(2100, 1, 1)
WHOLE_DIGITS, PLACES = 12, 12  # What the engine's tables hold.
LONGEST_TEXT = 300
NAMED_AT_MOST = 40
_DECIMAL = re.compile(r"([-+]?)(\d+)(?:\.(\d+))?", re.ASCII)
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def text_of(told: Told, name: str) -> str:
    """Return a line of text; a number counts as the text it was written as."""
    text = told.value
    if not isinstance(text, str):
        remedy = ": put it in quotes" if isinstance(text, bool) else ""
        raise BadScenario(f"{name} must be a text, not {shown(told)}{remedy}.", where=told.where)
    check_name(text, name, told.where)
    return text.strip()


def word_of(told: Told, name: str) -> str:
    """Return a property's value as text; true and false count as words."""
    if isinstance(told.value, bool):
        return str(told.value).lower()
    return text_of(told, name)


def check_name(text: str, name: str, where: str) -> None:
    """Refuse what can't be printed on one line."""
    stripped = text.strip()
    if not stripped or len(stripped) > LONGEST_TEXT or not stripped.isprintable():
        raise BadScenario(
            f"{name} must be one line of 1 to {LONGEST_TEXT} printable characters, not "
            f"{cut(text)!r}.",
            where=where,
        )


def decimal_of(told: Told, name: str) -> Decimal:
    """Return an exact number, with or without quotes."""
    text = told.value
    match = _DECIMAL.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise _malformed(told, name, "a decimal number", '"12.50"')
    whole, places = match[2].lstrip("0"), (match[3] or "").rstrip("0")
    if len(whole) > WHOLE_DIGITS or len(places) > PLACES:
        raise BadScenario(
            f"{name} has too many digits: at most {WHOLE_DIGITS} before and {PLACES} after the "
            "decimal point.",
            where=told.where,
        )
    return Decimal(match[0])


def is_whole(told: Told) -> bool:
    """Return whether a number without decimals is told, with or without quotes."""
    return isinstance(told.value, str) and bool(_WHOLE.fullmatch(told.value.strip()))


def day_of(told: Told, name: str) -> date:
    """Return a day."""
    text = told.value
    is_date = isinstance(text, str) and _DATE.fullmatch(text)
    try:
        day = date.fromisoformat(str(text) if is_date else "")
    except ValueError:
        raise _malformed(told, name, "a day of the calendar", "2026-03-01") from None
    _check_range(day, told, name)
    return day


def instant_of(told: Told, name: str) -> datetime:
    """Return a point in time that says its offset from UTC."""
    try:
        instant = datetime.fromisoformat(text_of(told, name))
    except ValueError:
        raise _malformed(told, name, "a time with offset", "2026-01-05T10:00:00+01:00") from None
    if instant.tzinfo is None:
        raise BadScenario(
            f"{name} lacks its offset from UTC, so that its day is unclear: write it as "
            f"2026-01-05T10:00:00+01:00, not {shown(told)}.",
            where=told.where,
        )
    _check_range(instant.date(), told, name)
    return instant


def one_of(told: Told, name: str, values: Iterable[str]) -> str:
    """Return a text that is one of the values."""
    allowed = list(values)
    text = told.value
    if not isinstance(text, str) or text not in allowed:
        nearest = get_close_matches(text[:100], allowed, n=1) if isinstance(text, str) else []
        ask = f" (did you mean {nearest[0]}?)" if nearest else ""
        raise BadScenario(
            f"{name} must be one of {', '.join(allowed)}, not {shown(told)}{ask}.", where=told.where
        )
    return text


def hint(name: str, known: list[str]) -> str:
    """Return the nearest known name as a question, or all that there are as a sentence."""
    nearest = get_close_matches(name[:100], known, n=1, cutoff=0.5)
    if nearest:
        return f"did you mean {nearest[0]!r}?"
    named = [cut(each) for each in known if each][:NAMED_AT_MOST]
    return f"known are {', '.join(named)}." if named else "there is none with a name."


def shown(told: Told) -> str:
    """Return what was told, short, for a refusal."""
    value = told.value
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    return repr(cut(value))


def cut(text: str) -> str:
    """Return a text shortened so that it fits into a refusal."""
    return text if len(text) <= 60 else f"{text[:59]}…"


def _malformed(told: Told, name: str, wanted: str, example: str) -> BadScenario:
    return BadScenario(
        f"{name} must be {wanted} such as {example}, not {shown(told)}.", where=told.where
    )


def _check_range(day: date, told: Told, name: str) -> None:
    if not FIRST_DAY <= day < END_OF_DAYS:
        raise BadScenario(
            f"{name} must lie in the years {FIRST_DAY.year} to {END_OF_DAYS.year - 1}, not in "
            f"{day.year}.",
            where=told.where,
        )
