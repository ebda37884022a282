"""Reading a CSV file row by row, whatever is in it."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

DELIMITERS = ",;\t"


class FileUnreadable(Exception):
    """The file can't be read at all; the text says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file. `wrong` says why it has no cells."""

    line: int
    cells: Sequence[str]
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """An open file: its header, and its rows as they are read."""

    header: Sequence[str]
    rows: Iterator[Row]


@contextmanager
def open_csv(path: Path) -> Iterator[CsvFile]:
    """
    Open a file of comma-, semicolon- or tab-separated values, with or without a byte order mark.

    Bytes that are not UTF-8 are kept as lone surrogates, for the rows that hold them to be refused.

    :raises FileUnreadable: if it can't be opened, or has no header.
    """
    try:
        stream = path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise FileUnreadable(f"{path} can't be read: {error.strerror}.") from error
    with stream:
        yield _read(stream, path)


def _read(stream: TextIO, path: Path) -> CsvFile:
    try:
        first = stream.readline()
    except OSError as error:
        raise FileUnreadable(f"{path} can't be read: {error.strerror}.") from error
    delimiter = max(DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    if not any(name.strip() for name in header):
        raise FileUnreadable(f"{path} has no header: its first line must name the columns.")
    if "\0" in first or _has_foreign_bytes(first):
        raise FileUnreadable(f"{path} is not UTF-8: save it as UTF-8.")
    return CsvFile(header, _rows(stream, delimiter))


def _rows(stream: TextIO, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 2  # Behind the header, which another reader took.
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            until = reader.line_num + 1
            where = f" (lines {line} to {until})" if until > line else ""
            yield Row(line, (), f"is not well-formed{where}: {error}")
            continue
        if cells:
            yield Row(line, cells)


def _has_foreign_bytes(text: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in text)
