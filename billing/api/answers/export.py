"""
Whole lists as files: `Accept: text/csv` or `application/x-ndjson` on the address of a list.

The rows come from a server-side cursor and go out as they come, so that a million of them take the
memory of a few; all within one transaction, which sees the books as they are at its beginning.
"""

import csv
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from time import monotonic
from typing import Any
from weakref import finalize

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from billing.api.answers.outputs import MoneyField
from billing.api.answers.slots import ExportTookTooLong, Slot
from billing.api.problems import problem_response

logger = logging.getLogger(__name__)

CSV = "text/csv"
NDJSON = "application/x-ndjson"
AT_ONCE = 500  # Rows: some hundred kilobytes, whatever the list.
# Where a spreadsheet would begin to read a formula: at the beginning; and behind a semicolon or on
# a line of its own, for those that split at semicolons whatever stands in quotes.
# Source: OWASP, CSV Injection.
FORMULA = re.compile(
    r"""(?:^(?=[\t\r])|(?:^|(?<=[;\r\n]))(?=(?:[^\S\r\n]|")*[=+\-@\uff1d\uff0b\uff0d\uff20]))"""
)
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)

Row = Mapping[str, Any]
Show = Callable[[Sequence[Any]], Iterable[Row]]


class CsvRenderer(JSONRenderer):
    """Says that a list comes as CSV too. It renders refusals, which stay problems in JSON."""

    media_type = CSV
    format = "csv"


class NdjsonRenderer(JSONRenderer):
    """Says that a list comes as NDJSON too. It renders refusals, which stay problems in JSON."""

    media_type = NDJSON
    format = "ndjson"


def form_of(request: Request) -> str | None:
    """Return as what file a list is wanted; None if as pages."""
    accepted = getattr(request, "accepted_renderer", None)
    form = getattr(accepted, "media_type", "")
    return form if form in {CSV, NDJSON} else None


def columns_of(
    fields: Mapping[str, serializers.Field[Any, Any, Any, Any]],
) -> list[str]:
    """Return the columns of a CSV file: the fields, and the currency of amounts if it is none."""
    has_money = any(isinstance(each, MoneyField) for each in fields.values())
    return [*fields, *(["currency"] if has_money and "currency" not in fields else [])]


class Export(StreamingHttpResponse):
    """A file that is made while it goes out, in a slot that it gives back however it ends."""

    def __init__(self, lines: Iterator[bytes], *, slot: Slot, content_type: str) -> None:
        """It may be read, broken off, or never begun."""
        super().__init__(lines, content_type=content_type)
        self._slot = slot
        finalize(self, slot.give_back)  # Of one that nobody closes.

    def close(self) -> None:
        """End what makes the file, and make room for another one."""
        try:
            super().close()
        finally:
            self._slot.give_back()


def exported(
    form: str, rows: QuerySet[Any], columns: Sequence[str], show: Show, *, slot: Slot
) -> StreamingHttpResponse:
    """Return the answer that brings all rows; its connection to the database ends with it."""
    stretches = _stretches(rows, show, until=monotonic() + settings.API_EXPORT_SECONDS)
    lines = _csv(stretches, columns) if form == CSV else _ndjson(stretches)
    content_type = f"{CSV}; charset=utf-8; header=present" if form == CSV else NDJSON
    answer = Export(lines, slot=slot, content_type=content_type)
    answer["X-Accel-Buffering"] = "no"  # Of proxies: the first rows come at once.
    return answer


def _ndjson(stretches: Iterable[Iterable[Row]]) -> Iterator[bytes]:
    """Yield a line for each row. The last one is a problem if something went wrong."""
    encoder = JSONEncoder(ensure_ascii=False, separators=(",", ":"))
    try:
        for some in stretches:
            yield "".join(f"{encoder.encode(row)}\n" for row in some).encode()
    except (Error, ExportTookTooLong) as error:
        yield f"{json.dumps(problem_response(error, {}).data, ensure_ascii=False)}\n".encode()


def _csv(stretches: Iterable[Iterable[Row]], columns: Sequence[str]) -> Iterator[bytes]:
    """
    Yield the header, then a line for each row, all in quotes. Source: RFC 4180.

    Where something goes wrong the connection is cut: a CSV has no place to say so.
    """
    lines = _Lines()
    writer = csv.writer(lines, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    yield lines.taken()
    try:
        for some in stretches:
            for row in some:
                writer.writerow(_cells(row, columns))
            yield lines.taken()
    except (Error, ExportTookTooLong) as error:
        problem_response(error, {})  # Which logs it.
        raise


def _stretches(rows: QuerySet[Any], show: Show, *, until: float) -> Iterator[Iterable[Row]]:
    with transaction.atomic():
        _begin()
        found = rows.iterator(chunk_size=AT_ONCE)
        while some := list(islice(found, AT_ONCE)):
            yield show(some)
            if monotonic() > until:
                raise ExportTookTooLong


def _begin() -> None:
    """
    See the books as they are now, and keep them so no longer than a file may take.

    The database ends what takes longer by itself too: a statement, or a caller who doesn't read.
    """
    milliseconds = str(settings.API_EXPORT_SECONDS * 1000)
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute("SELECT set_config(%s, %s, true)", [limit, milliseconds])


class _Lines:
    """What a writer of CSV writes to: some lines, until they are taken."""

    def __init__(self) -> None:
        self._written: list[str] = []

    def write(self, text: str) -> int:
        """Keep a line."""
        self._written.append(text)
        return len(text)

    def taken(self) -> bytes:
        """Return the lines, and forget them."""
        text = "".join(self._written)
        self._written.clear()
        return text.encode()


def _cells(row: Row, columns: Sequence[str]) -> list[str]:
    currency = next((each["currency"] for each in row.values() if _is_money(each)), "")
    return [_cell(row.get(name, currency if name == "currency" else None)) for name in columns]


def _is_money(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"amount", "currency"}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if _is_money(value):
        return str(value["amount"])
    if isinstance(value, (bool, dict, list)):
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), cls=JSONEncoder)
    else:
        text = str(value)
    return text if NUMBER.fullmatch(text) else FORMULA.sub("'", text)
