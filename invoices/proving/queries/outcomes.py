"""What checks find: here one after the other, or side by side in processes that see one moment."""

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from multiprocessing import get_context
from uuid import UUID

import django
from django.db import DatabaseError, connection, transaction

from invoices.proving.queries.checks import CHECKS
from invoices.proving.queries.checks.books import Books, Check, Problem

NAMED_AT_MOST = 100  # Problems of one check that are kept; all are counted.
_UNCOLLECTED = 200_000  # Objects: some more than a check holds at a time.


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many problems a check found, the first of them by name, and how long it took."""

    found: int
    problems: Sequence[Problem]
    seconds: float


@contextmanager
def unmoving_view(snapshot: str = "") -> Iterator[None]:
    """
    Open a transaction that reads one moment, and plans its cursors for reading to the end.

    The moment is now, or that of a snapshot that another transaction has given out.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if snapshot:
            cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
        cursor.execute("SET LOCAL cursor_tuple_fraction = 1; SET LOCAL work_mem = '64MB'")
        yield


def outcome(check: Check, books: Books) -> Outcome:
    """Return what a check finds in the view that is open."""
    started = time.monotonic()
    found, named = 0, list[Problem]()
    try:
        with transaction.atomic(), _collecting_seldom():
            problems = iter(check.find(books))
            named = list(islice(problems, NAMED_AT_MOST))
            found = len(named) + sum(1 for _ in problems)
    except DatabaseError as error:  # A row may be so wrong that a query stumbles over it.
        why = f"could not be carried out: {error}".strip()
        named.append(Problem(check=check.name, seller="", object="the check", message=why))
        found += 1
    return Outcome(found, named, time.monotonic() - started)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """
    Look for garbage only where more is held than a check needs.

    The many objects of a chunk die with it, without cycles: going through them again and again
    costs a quarter of the time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(_UNCOLLECTED, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def outcomes_side_by_side(books: Books, *, processes: int) -> Iterator[Outcome]:
    """
    Yield what each check finds, in their order: in so many processes, in the view that is open.

    Those that take long begin first: else one of them would go on alone at the end.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
    spawn = get_context("spawn")  # A copy of this process would share its connection.
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=django.setup) as pool:
        asked = {
            check.name: pool.submit(
                _outcome_elsewhere, check.name, snapshot, dict(books.names), dict(books.todays)
            )
            for check in sorted(CHECKS, key=lambda check: not check.is_long)
        }
        for check in CHECKS:
            yield asked[check.name].result()


def _outcome_elsewhere(
    name: str, snapshot: str, names: Mapping[UUID, str], todays: Mapping[UUID, date]
) -> Outcome:
    check = next(check for check in CHECKS if check.name == name)
    with unmoving_view(snapshot):
        return outcome(check, Books(names=names, todays=todays))
