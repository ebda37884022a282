"""What each subscription owes, computed again from its facts, is what was charged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from billing.catalog.queries import PriceMissing
from billing.contracts.models import Contract, SubscriptionChange
from billing.money import UnknownCurrency, from_minor
from billing.pricing.difference import Charged, Line, difference
from billing.pricing.due import next_due
from billing.pricing.owed import owed
from billing.pricing.terms import ContradictoryPlan
from billing.pricing.timeline import ContradictoryTimeline, Timeline
from invoices.issuing.queries.charged import as_charged
from invoices.proving.queries.checks.books import Books, Check, Problem
from invoices.proving.queries.checks.coverage import overlaps
from invoices.proving.queries.checks.timelines import Facts, facts_of

_CHECK = "subscriptions_recomputed"
_AT_ONCE = 500
_CONTRADICTIONS = (
    PriceMissing, ContradictoryPlan, ContradictoryTimeline, UnknownCurrency, KeyError,
)  # fmt: skip

# Each contract with the latest day whose turn was billed, and whether something is unsettled.
_CONTRACTS = """
SELECT c.id, e.billed_until, coalesce(e.is_unsettled, false)
FROM billing_contract c LEFT JOIN (
    SELECT stream_id,
           max(as_of_date) FILTER (WHERE type = 'period.ended' AND state = 'handled')
               AS billed_until,
           bool_or(state IN ('waiting', 'failed', 'written_off')) AS is_unsettled
    FROM billing_event
    WHERE seller_id = ANY(%(sellers)s) AND type IN ('period.ended', 'subscription.changed')
    GROUP BY stream_id
) e ON e.stream_id = c.id
WHERE c.seller_id = ANY(%(sellers)s)
ORDER BY c.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Billed:
    """The latest thing that was billed of a subscription: as of which day, knowing which facts."""

    until: date
    position: int | None  # Of the latest known change; None: all of that day.


def _recomputed(books: Books) -> Iterator[Problem]:
    rows = books.rows(_CONTRACTS)
    while chunk := list(islice(rows, _AT_ONCE)):
        contracts = Contract.objects.select_related("seller").in_bulk([row[0] for row in chunk])
        facts = facts_of(contracts)
        for contract_id, until, is_unsettled in chunk:
            contract = contracts[contract_id]
            try:
                for wrong in _of_contract(contract, facts, until, is_unsettled):
                    yield books.problem(_CHECK, contract.seller_id, *wrong)
            except _CONTRADICTIONS as error:
                why = f"what it owes can't be computed again: {error}"
                yield books.problem(_CHECK, contract.seller_id, f"contract {contract}", why)
        books.heard(len(chunk))


def _of_contract(
    contract: Contract,
    facts: Facts,
    until: date | None,
    is_unsettled: bool,  # noqa: FBT001
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a contract's subscriptions, and with its next day."""
    next_days: list[date] = []
    for subscription_id, changes in facts.changes.get(contract.id, {}).items():
        timeline = facts.timeline(contract, subscription_id)
        charged = [as_charged(charge) for charge in facts.charges.get(subscription_id, ())]
        billed = _billed(changes, facts, until)
        subject = f"subscription {changes[0].subscription}"
        for message in _of_subscription(timeline, charged, billed):
            yield subject, message
        if billed and (day := next_due(timeline.known(billed.until), after=billed.until)):
            next_days.append(day)
    stored, computed = contract.next_billing_date, min(next_days, default=None)
    # Unsettled events move it once they are handled.
    if not is_unsettled and computed and (stored is None or stored > computed):
        yield f"contract {contract}", f"is due on {computed}, but its next day is {stored}"


def _billed(
    changes: Sequence[SubscriptionChange], facts: Facts, until: date | None
) -> _Billed | None:
    """Return up to where a subscription is billed; None if no event of it was handled."""
    handled = [change for change in changes if change.id in facts.handled]
    latest = max(handled, key=lambda change: facts.handled[change.id], default=None)
    if latest and (until is None or latest.recorded_on > until):
        return _Billed(until=latest.recorded_on, position=latest.position)
    if until is None or until < changes[0].recorded_on:
        return None
    return _Billed(until=until, position=None)


def _of_subscription(
    timeline: Timeline, charged: Sequence[Charged], billed: _Billed | None
) -> Iterator[str]:
    if billed is None:
        if charged:
            yield f"has {len(charged)} charges, but no event of it was handled"
        return
    known = timeline.known(billed.until, position=billed.position)
    prices = timeline.prices
    for line in difference(owed(known, until=billed.until), charged, prices=prices):
        yield _unequal(line, billed.until)
    for price_id, earlier, later in overlaps(charged):
        yield (
            f"price {prices[price_id].code} is charged twice for the same days: from {later[0]},"
            f" though charged from {earlier[0]} to {earlier[1]} (excluded)"
        )


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
    ),
)
