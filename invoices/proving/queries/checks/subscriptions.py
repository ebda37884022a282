"""What each subscription owes, computed again from its facts, is what was charged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from typing import Any, NamedTuple
from uuid import UUID

from billing.catalog.queries import PriceMissing
from billing.contracts.models import Contract, Subscription
from billing.contracts.queries import Agreements, Known
from billing.copying import plainly
from billing.money import UnknownCurrency, from_minor
from billing.pricing.difference import Charged, Line, difference
from billing.pricing.due import next_due
from billing.pricing.owed import owed
from billing.pricing.prices import ContradictoryPlan
from billing.pricing.timeline import ContradictoryTimeline, Timeline
from billing.sellers.models import Seller
from invoices.issuing.queries.charged import charged
from invoices.issuing.queries.metered import Looked, all_with_usage
from invoices.proving.queries.checks.books import Books, Check, Problem

_CHECK = "subscriptions_recomputed"
_AT_ONCE = 500
_CONTRADICTIONS = (
    PriceMissing, ContradictoryPlan, ContradictoryTimeline, UnknownCurrency, KeyError,
)  # fmt: skip

# Each contract with the latest day and change that its handled events tell of. What was written off
# leaves it unsettled until the next day that is due. Where charges are collected, its events may
# only have made it due: then it is billed at the end of a day of its customer.
_CONTRACTS = """
SELECT c.id, e.billed_date, coalesce(e.billed_position, 0),
       coalesce(e.is_open OR e.written_off >= greatest(e.turned, d.as_of_date, '-infinity'), false),
       d.as_of_date IS NOT NULL, u.grouping <> 'per_event'
FROM billing_contract c JOIN billing_customer u ON u.id = c.customer_id
LEFT JOIN billing_event d ON d.seller_id = c.seller_id AND d.state = 'handled'
    AND d.idempotency_key = format('customer.day_ended:%%s:%%s', u.id, c.billed_date)
LEFT JOIN (
    SELECT e.stream_id,
           max(e.as_of_date) FILTER (WHERE e.state = 'handled') AS billed_date,
           max(s.position) FILTER (WHERE e.state = 'handled') AS billed_position,
           bool_or(e.state IN ('waiting', 'failed')) AS is_open,
           max(e.as_of_date) FILTER (WHERE e.state = 'written_off') AS written_off,
           max(e.as_of_date) FILTER (
               WHERE e.state = 'handled' AND e.type = 'period.ended') AS turned
    FROM billing_event e
    LEFT JOIN billing_subscriptionchange s ON s.id::text = e.payload->>'change_id'
    WHERE e.seller_id = ANY(%(sellers)s)
      AND e.type IN (
          'period.ended', 'subscription.changed', 'usage.recorded', 'contract.reopened')
    GROUP BY e.stream_id
) e ON e.stream_id = c.id
WHERE c.seller_id = ANY(%(sellers)s)
ORDER BY c.id
"""


class _Told(NamedTuple):
    """How far a contract is billed by the log."""

    billed_date: date | None
    billed_position: int
    is_unsettled: bool
    is_of_day: bool  # Up to where it says it is billed, a day of its customer was handled.
    is_collected: bool


@dataclass(frozen=True, slots=True)
class _Proven:
    """A contract, how far it is billed, and its subscriptions in the order of their facts."""

    contract: Contract
    told: _Told
    subscriptions: Sequence[Subscription]

    @property
    def known(self) -> Known | None:
        """What was known when it was billed; None if it wasn't yet."""
        if self.contract.billed_date is None:
            return None
        return Known(self.contract.billed_date, self.contract.billed_position)


@dataclass(frozen=True, slots=True)
class _Facts:
    """
    What was agreed, metered and charged of some contracts' subscriptions.

    A subscription's facts may contradict each other: then there is what is wrong instead.
    """

    timelines: Mapping[UUID, Timeline | Exception]
    charges: Mapping[UUID, Sequence[Charged]]


def _recomputed(books: Books) -> Iterator[Problem]:
    sellers = Seller.objects.in_bulk(list(books.names))
    rows = books.rows(_CONTRACTS)
    while chunk := list(islice(rows, _AT_ONCE)):
        for proven, facts in _read(chunk, sellers):
            contract = proven.contract
            found = _marks(contract, proven.told)
            if not proven.told.is_unsettled:
                found = chain(found, _of_contract(proven, facts))
            try:
                for wrong in found:
                    yield books.problem(_CHECK, contract.seller_id, *wrong)
            except _CONTRADICTIONS as error:
                why = f"what it owes can't be computed again: {error}"
                yield books.problem(_CHECK, contract.seller_id, f"contract {contract}", why)
        books.heard(len(chunk))


def _read(
    chunk: Sequence[tuple[Any, ...]], sellers: Mapping[UUID, Seller]
) -> Iterator[tuple[_Proven, _Facts]]:
    """Yield contracts with their facts, in as many queries for many contracts as for one."""
    contracts = {
        contract.pk: contract
        for contract in plainly(Contract.objects.filter(pk__in=[row[0] for row in chunk]))
    }
    for contract in contracts.values():
        contract.seller = sellers[contract.seller_id]
    agreements = Agreements(contracts.values())
    proven = [
        _Proven(
            contracts[contract_id],
            _Told(*marks),
            agreements.subscriptions(contracts[contract_id]),
        )
        for contract_id, *marks in chunk
    ]
    begun = [one.pk for each in proven for one in each.subscriptions]
    facts = _Facts(_timelines(proven, agreements), charged(dict.fromkeys(begun, date.min)))
    for each in proven:
        yield each, facts


def _timelines(
    proven: Sequence[_Proven], agreements: Agreements
) -> dict[UUID, Timeline | Exception]:
    """Return the timelines of contracts that are billed, with their usage."""
    found: dict[UUID, Timeline | Exception] = {}
    looked: list[Looked] = []
    for each in proven:
        if each.known is None or each.told.is_unsettled:
            continue
        for subscription in each.subscriptions:
            try:
                timeline = agreements.timeline(each.contract, subscription.pk)
            except _CONTRADICTIONS as error:
                found[subscription.pk] = error
            else:
                looked.append(Looked(timeline, each.known.on))
    metered = all_with_usage(looked)
    return found | {
        one.subscription_id: timeline for one, timeline in zip(looked, metered, strict=True)
    }


def _marks(contract: Contract, told: _Told) -> Iterator[tuple[str, str]]:
    """Yield where a contract says that it is billed further, or less far, than its events tell."""
    # Its facts may have made it due on a day that has yet to end.
    may_be_behind = told.is_collected and contract.next_billing_date is not None
    is_behind = (contract.billed_date or date.min) < (told.billed_date or date.min)
    is_right = may_be_behind if is_behind else told.is_of_day
    if contract.billed_date != told.billed_date and not is_right:
        why = f"is billed up to {told.billed_date} by its events, but says {contract.billed_date}"
        yield f"contract {contract}", why
    if contract.billed_position < told.billed_position and not may_be_behind:
        yield f"contract {contract}", "says that a change is not billed whose event is handled"


def _of_contract(proven: _Proven, facts: _Facts) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a contract's subscriptions, and with its next day."""
    contract, known = proven.contract, proven.known
    next_days: list[date] = []
    for subscription in proven.subscriptions:
        mine = facts.charges[subscription.pk]
        subject = f"subscription {subscription}"
        if known is None:
            if mine:
                yield subject, f"has {len(mine)} charges, but no event of it was handled"
            continue
        timeline = facts.timelines[subscription.pk]
        if isinstance(timeline, Exception):
            raise timeline
        for message in _of_subscription(timeline, mine, known):
            yield subject, message
        if day := next_due(known.of(timeline), after=known.on):
            next_days.append(day)
    stored, computed = contract.next_billing_date, min(next_days, default=None)
    # A day that is closed already for its customer is put off to the next.
    if computed and (stored is None or (stored > computed and not proven.told.is_collected)):
        yield f"contract {contract}", f"is due on {computed}, but its next day is {stored}"


def _of_subscription(timeline: Timeline, charged: Sequence[Charged], known: Known) -> Iterator[str]:
    prices = timeline.prices
    for line in difference(owed(known.of(timeline), until=known.on), charged, prices=prices):
        yield _unequal(line, known.on)


def _unequal(line: Line, until: date) -> str:
    amount = from_minor(abs(line.amount_minor), line.price.currency)
    what = "too much" if line.amount_minor < 0 else "too little"
    return (
        f"by its facts up to {until}, {amount} {line.price.currency} {what} is charged for price"
        f" {line.price.code} from {line.starts_on} to {line.ends_on} (excluded)"
    )


CHECKS = (
    Check(
        name=_CHECK,
        says="what each subscription owes, computed again, is what was charged",
        of="contracts",
        find=_recomputed,
        is_long=True,
    ),
)
