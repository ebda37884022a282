"""What billing a seller up to a day would come to, by the code that bills, with nothing stored."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from uuid import UUID

from django.db import Error, connection, transaction

from billing.contracts.models import Contract
from billing.contracts.queries import contracts_due
from billing.events.patience import PASSING
from billing.sellers.models import Seller
from billing.sellers.queries import today
from invoices.issuing.queries.basis import Basis, Between
from invoices.issuing.queries.drafts import Draft, draft
from invoices.issuing.queries.due import DueOn, Owed, owed_on_days
from invoices.issuing.queries.prepared import check_draft
from invoices.issuing.queries.trouble import code_and_reason
from invoices.runs.queries.differences import Part, charged_before, reasons

CHUNK = 500
EXAMPLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A contract that would be charged otherwise than the last time, net."""

    contract: str
    contract_id: UUID
    customer: str
    currency: str
    before_minor: int | None
    now_minor: int
    reasons: Sequence[str]

    @property
    def change_minor(self) -> int:
        """By how much it differs."""
        return self.now_minor - (self.before_minor or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A contract that couldn't be billed, and why."""

    contract: str
    contract_id: UUID
    customer: str
    code: str
    reason: str


@dataclass(slots=True)
class Sums:
    """
    What contracts of one currency would be charged, and were charged the last time, net.

    `before_minor` holds those that owe nothing now; those that would fail are apart.
    """

    contracts: int = 0
    net_minor: int = 0
    tax_minor: int = 0
    gross_minor: int = 0
    first_time: int = 0
    before_minor: int = 0
    failing_before_minor: int = 0


@dataclass(slots=True)
class DryRun:
    """What billing up to a day would come to; of its many contracts only the notable are kept."""

    until: date
    due: int = 0
    nothing_owed: int = 0
    sums: dict[str, Sums] = field(default_factory=dict)
    largest: list[Difference] = field(default_factory=list)
    failing: dict[str, int] = field(default_factory=dict)
    examples: list[Failing] = field(default_factory=list)


# What a contract would get: a document, none, or what would keep it from being billed.
_Found = Draft | Exception | None


def dry_run(
    seller: Seller,
    *,
    until: date,
    at: datetime,
    largest: int = 10,
    heard: Callable[[int], None] = lambda _: None,
) -> DryRun:
    """
    Return what billing all that is due to a seller by a day would come to.

    Each contract is charged by itself, also where charges are collected, and missed days as one.
    Charges that wait already to be collected are not part of it. `heard` is told how many contracts
    were looked at. Each chunk is read in a read-only transaction of its own, in as many statements
    as a single contract.
    """
    result, kept = DryRun(until), _Largest(largest)
    on = today(seller, at=at)
    for chunk in contracts_due(seller, until=until, at_once=CHUNK):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            _look(chunk, result, kept, on=on)
        heard(len(chunk))
    result.largest = kept.sorted()
    return result


def next_document(contract: Contract, *, until: date, on: date) -> Draft | Exception | None:
    """
    Return the document that a contract would get by what is known today if it was billed on a day.

    None if nothing would be owed; what would keep it from being issued is returned, not raised.
    """
    return _drafts([contract], until=until, on=on).get(contract.pk)


def due_contracts(seller: Seller, *, until: date) -> int:
    """Return how many contracts of a seller are due by a day."""
    return Contract.objects.filter(seller=seller, next_billing_date__lte=until).count()


class _Largest:
    """Keeps so many differences, the largest."""

    def __init__(self, most: int) -> None:
        self._most, self._ties = most, count()
        self._heap: list[tuple[int, int, Difference]] = []

    def meet(self, found: Difference) -> None:
        heapq.heappush(self._heap, (abs(found.change_minor), -next(self._ties), found))
        if len(self._heap) > self._most:
            heapq.heappop(self._heap)

    def sorted(self) -> list[Difference]:
        return [found for _, _, found in sorted(self._heap, key=lambda row: row[:2], reverse=True)]


def _look(chunk: Sequence[Contract], result: DryRun, kept: _Largest, *, on: date) -> None:
    before = charged_before([contract.pk for contract in chunk])
    drafts = _drafts(chunk, until=result.until, on=on)
    result.due += len(chunk)
    for contract in chunk:
        found = drafts[contract.pk]
        was = before.get(contract.pk, [])
        if found is None:
            _miss(contract, was, result, kept)
        elif isinstance(found, Exception):
            _fail(contract, was, found, result)
        else:
            _count(contract, was, found, result, kept)


def _drafts(contracts: Sequence[Contract], *, until: date, on: date) -> dict[UUID, _Found]:
    """Return the document of each contract; if something refuses all, the halves are tried."""
    try:
        return _drafts_together(contracts, until=until, on=on)
    except (*PASSING, Error):
        raise
    except Exception as error:
        if len(contracts) == 1:
            return {contracts[0].pk: error}
        half = len(contracts) // 2
        halves = contracts[:half], contracts[half:]
        first, second = (_drafts(part, until=until, on=on) for part in halves)
        return first | second


def _drafts_together(contracts: Sequence[Contract], *, until: date, on: date) -> dict[UUID, _Found]:
    drafts: dict[UUID, _Found] = {}

    @contextmanager
    def told_if_refused(contract: Contract) -> Iterator[None]:
        """Keep whatever would be a failure of the run, to be told as one."""
        try:
            yield
        except (*PASSING, Error):
            raise
        except Exception as error:
            drafts[contract.pk] = error

    due = [DueOn(contract, until) for contract in contracts]
    owed = owed_on_days(due, unless_refused=told_if_refused)
    basis = Basis(contracts[0].seller, [contract.customer for contract in contracts])
    for contract in contracts:
        if contract.pk in owed:
            with told_if_refused(contract):
                drafts[contract.pk] = _drafted(contract, owed[contract.pk], basis, on=on)
    return drafts


def _drafted(contract: Contract, owed: Owed, basis: Basis, *, on: date) -> Draft | None:
    """Return the document that a contract would get, if it could be issued on a day."""
    owing = [line for line in owed.lines if line.priced_minor]
    if not owing:
        return None
    between = Between(basis=basis, customer=contract.customer, contract=contract)
    found = draft(owing, between=between, currency=contract.currency)
    check_draft(found, between=between, currency=contract.currency, on=on)
    return found


def _count(
    contract: Contract, before: Sequence[Part], found: Draft, result: DryRun, kept: _Largest
) -> None:
    totals = found.taxed.totals
    sums = _sums(contract, result)
    sums.contracts += 1
    sums.net_minor += totals.net_minor
    sums.tax_minor += totals.tax_minor
    sums.gross_minor += totals.gross_minor
    sums.first_time += not before
    sums.before_minor += _sum(before)
    now = [
        Part(line.price_code, net, line.quantity, line.unit_price)
        for line, net in zip(found.lines, totals.line_nets, strict=True)
    ]
    _compare(contract, before, now, kept)


def _compare(
    contract: Contract, before: Sequence[Part], now: Sequence[Part], kept: _Largest
) -> None:
    was = _sum(before) if before else None
    will = _sum(now)
    if was == will:
        return
    kept.meet(
        Difference(
            contract=str(contract),
            contract_id=contract.pk,
            customer=contract.customer.name,
            currency=contract.currency,
            before_minor=was,
            now_minor=will,
            reasons=reasons(before, now, currency=contract.currency) if before else ("first time",),
        )
    )


def _miss(contract: Contract, before: Sequence[Part], result: DryRun, kept: _Largest) -> None:
    """Count one that owes nothing: what it was charged the last time is missing now."""
    result.nothing_owed += 1
    if before:
        _sums(contract, result).before_minor += _sum(before)
        _compare(contract, before, [], kept)


def _fail(contract: Contract, before: Sequence[Part], error: Exception, result: DryRun) -> None:
    code, reason = code_and_reason(error)
    _sums(contract, result).failing_before_minor += _sum(before)
    result.failing[code] = result.failing.get(code, 0) + 1
    if len(result.examples) < EXAMPLES:
        result.examples.append(
            Failing(
                contract=str(contract),
                contract_id=contract.pk,
                customer=contract.customer.name,
                code=code,
                reason=reason,
            )
        )


def _sums(contract: Contract, result: DryRun) -> Sums:
    return result.sums.setdefault(contract.currency, Sums())


def _sum(parts: Sequence[Part]) -> int:
    return sum(part.amount_minor for part in parts)
