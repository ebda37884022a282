"""The proof of the books: every check over all rows of some sellers, in one unmoving view."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.money import from_minor
from billing.sellers.models import Seller
from billing.sellers.queries import due_until
from invoices.proving.queries.checks import CHECKS
from invoices.proving.queries.checks.books import Books, Check, Problem
from invoices.proving.queries.outcomes import (
    Outcome,
    outcome,
    outcomes_side_by_side,
    unmoving_view,
)

_TOTALS = """
SELECT 'events', count(*) FROM billing_event WHERE seller_id = ANY(%(sellers)s)
UNION ALL SELECT 'orders', count(*) FROM billing_order WHERE seller_id = ANY(%(sellers)s)
UNION ALL SELECT 'contracts', count(*) FROM billing_contract WHERE seller_id = ANY(%(sellers)s)
UNION ALL
SELECT 'changes', count(*) FROM billing_subscriptionchange WHERE seller_id = ANY(%(sellers)s)
UNION ALL SELECT 'usage records', count(*) FROM billing_usagerecord
WHERE seller_id = ANY(%(sellers)s)
UNION ALL SELECT 'usage buckets', count(*) FROM billing_usagebucket
WHERE seller_id = ANY(%(sellers)s)
UNION ALL SELECT 'charges', count(*) FROM invoices_charge WHERE seller_id = ANY(%(sellers)s)
UNION ALL
SELECT 'movements', count(*) FROM invoices_balancemovement WHERE seller_id = ANY(%(sellers)s)
UNION ALL
SELECT 'corrections', count(*) FROM invoices_correction WHERE seller_id = ANY(%(sellers)s)
UNION ALL
SELECT 'documents', count(*) FROM invoices_document WHERE seller_id = ANY(%(sellers)s)
UNION ALL SELECT 'invoices', count(*) FROM invoices_invoice WHERE seller_id = ANY(%(sellers)s)
UNION ALL SELECT 'series', count(*) FROM invoices_numberseries WHERE seller_id = ANY(%(sellers)s)
"""
_GROSS = """
SELECT currency, sum(gross_minor)::bigint FROM invoices_invoice
WHERE seller_id = ANY(%(sellers)s) GROUP BY currency ORDER BY currency
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a check found: how many problems, the first of them by name, and how long it took."""

    check: Check
    checked: int
    found: int
    problems: Sequence[Problem]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who hears how the proof goes on: before a check, of rows it has read, and its result."""

    begins: Callable[[Check], None]
    heard: Callable[[int], None]
    ended: Callable[[Result], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The outcome of all checks. `gross` is the sum of all documents per currency."""

    checked: dict[str, int]
    gross: dict[str, str]
    results: Sequence[Result]
    seconds: float

    @property
    def is_proven(self) -> bool:
        """Whether no check found anything wrong."""
        return not any(result.found for result in self.results)

    @property
    def problems(self) -> list[Problem]:
        """The problems that are named, in the order of the checks."""
        return [problem for result in self.results for problem in result.problems]


def verify(
    *, sellers: Sequence[Seller], at: datetime, listener: Listener, processes: int = 1
) -> Verification:
    """
    Prove the books of some sellers from the stored facts; nothing is written.

    All checks see the same moment, however long they take and whoever writes meanwhile, also
    side by side in several processes. Memory doesn't grow with the rows.
    """
    started = time.monotonic()
    books = Books(
        names={seller.id: seller.name for seller in sellers},
        todays={seller.id: due_until(seller, at=at) for seller in sellers},
        heard=listener.heard,
    )
    with unmoving_view():
        checked = dict(books.rows(_TOTALS))
        gross = {
            currency: format(from_minor(amount, currency), "f")
            for currency, amount in books.rows(_GROSS)
        }
        outcomes = (
            outcomes_side_by_side(books, processes=processes)
            if processes > 1
            else (outcome(check, books) for check in CHECKS)
        )
        results = list(_results(outcomes, checked, listener))
    return Verification(
        checked=checked, gross=gross, results=results, seconds=time.monotonic() - started
    )


def _results(
    outcomes: Iterator[Outcome], checked: dict[str, int], listener: Listener
) -> Iterator[Result]:
    for check in CHECKS:
        listener.begins(check)
        found = next(outcomes)
        result = Result(
            check=check,
            checked=checked[check.of],
            found=found.found,
            problems=found.problems,
            seconds=found.seconds,
        )
        listener.ended(result)
        yield result
