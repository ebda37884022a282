"""What went wrong, as lines may tell it: without secrets and personal data, and by its cause."""

import hashlib
import re
import socket
import traceback
from pathlib import Path

from billing.happenings.context import Value

LONGEST_MESSAGE, LONGEST_TRACE = 2000, 12_000  # Characters.
OURS = Path(__file__).resolve().parents[2]
_ROOMS = tuple(str(OURS / room) for room in ("billing", "invoices", "config"))
_HOST = f"@{socket.gethostname()}"

# Each looks at a bounded stretch from where it begins: a text may be long, and anybody's.
_ADDRESS = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}")
_HIDDEN = (
    # What a database says of rows: their values.
    (re.compile(r"(?m)^[ \t]*(?:DETAIL|CONTEXT|QUERY|STATEMENT|HINT):.*(?:\n[ \t]+.*)*\n?"), ""),
    (re.compile(r"\b(anl_(?:test|live))_[\w-]+"), r"\1_…"),
    (re.compile(r"\b(whsec)_[\w+/=-]+"), r"\1_…"),
    (re.compile(r"(?i)\b(bearer|basic) {1,3}[\w.~+/=-]{6,}"), r"\1 …"),
    (
        re.compile(r"(?i)(password|secret|token|api[_-]?key)(['\"]? {0,3}[=:] {0,3})\S+"),
        r"\1\2…",
    ),
    (re.compile(r"\b(\w{1,20}://)[^/\s@'\"]{1,200}@"), r"\1…@"),
    (re.compile(r"\b(\w{1,20}://[^\s?'\"]{1,500})\?[^\s'\"]+"), r"\1?…"),
)
# Of a message, what differs from one happening of the same cause to the next.
_VARYING = re.compile(
    r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|'[^']*'|\"[^\"]*\"|`[^`]*`|\d[\d.,:T+-]*",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """Return a text without e-mail addresses, keys, passwords, query strings and rows' values."""
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    if "@" in text:
        text = _ADDRESS.sub(_address, text)
    return text


def told_of(error: BaseException) -> dict[str, Value]:
    """Return the fields that tell of an exception, with the causes that it names."""
    message = _cut(clean(str(error)).strip(), LONGEST_MESSAGE)
    kind = type(error).__name__
    return {
        "error.type": kind,
        "error.message": message,
        "error.stack_trace": _cut(clean("".join(traceback.format_exception(error))), LONGEST_TRACE),
        "anlass.error.fingerprint": fingerprint(kind, _place(error), message),
    }


def fingerprint(kind: str, place: str, message: str) -> str:
    """Return what errors of one cause share: class, place, and message but for what varies."""
    said = "\n".join((kind, place, _VARYING.sub("?", message)))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _place(error: BaseException) -> str:
    """Return the innermost function of our own code that it came through, else the innermost."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [each for each in frames if each.f_code.co_filename.startswith(_ROOMS)]
    latest = (ours or frames)[-1:]
    return "".join(f"{each.f_globals.get('__name__')}:{each.f_code.co_name}" for each in latest)


def _address(found: re.Match[str]) -> str:
    """Hide an e-mail address; names of workers look like some."""
    text = found.group()
    return text if text.endswith(_HOST) else "…@…"


def _cut(text: str, longest: int) -> str:
    """Cut a text in its middle: of a trace, beginning and end say most."""
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]}\n…\n{text[-half:]}"
