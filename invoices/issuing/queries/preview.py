"""What a change would cost: by the code that bills it, with nothing stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from msgspec import structs

from billing.contracts.models import Contract, SubscriptionChange
from billing.contracts.queries import Known, known_to_change, timeline_with
from billing.periods import Period
from billing.pricing.difference import Line, as_charged
from billing.pricing.outlook import lines_of_period, next_full_period
from billing.pricing.timeline import Timeline
from billing.sellers.queries import due_until, today
from invoices.balances.queries import usable_minor
from invoices.issuing.queries.basis import between
from invoices.issuing.queries.charged import charged
from invoices.issuing.queries.drafts import Draft, draft
from invoices.issuing.queries.lines import (
    Account,
    charged_until,
    draft_lines,
    owed_not_charged,
    printed_of,
)
from invoices.issuing.queries.metered import with_usage
from invoices.issuing.queries.prepared import check_draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """
    What a change would cost.

    `now` is the document that it would make at once, `then` the first whole billing period on the
    new terms: each None if it comes to nothing, `period` None if there will be none.
    `prepaid_minor` is what `now` would use of the customer's balance.
    """

    effective_on: date
    now: Draft | None
    prepaid_minor: int
    period: Period | None
    then: Draft | None


def preview(contract: Contract, *changes: SubscriptionChange, at: datetime) -> Preview:
    """
    Return what a change that isn't recorded would cost, with those that would be recorded with it.

    What waits to be billed anyway is not part of it. Of usage only what is known counts.

    :raises PriceMissing: if a plan lacks one of its prices.
    :raises TaxDataMissing: and others, as `draft` does.
    :raises FormatDoesNotFit: and others, as `check_draft` does.
    """
    first, latest = changes[0], changes[-1]
    known = known_to_change(contract, latest)
    timeline = with_usage(timeline_with(contract, *changes), until=known.on)
    since = max(first.effective_on, known.on)
    whole = known.of(timeline)
    period = next_full_period(whole, since=since)
    later = lines_of_period(_before(whole, period), period) if period else ()
    on = today(contract.seller, at=at)
    now = _draft(contract, first, _at_once(contract, first, timeline, known, at=at), on=on)
    return Preview(
        effective_on=first.effective_on,
        now=now,
        prepaid_minor=_prepaid(contract, now, on=on),
        period=period,
        then=_draft(contract, first, later, on=None),
    )


def _prepaid(contract: Contract, now: Draft | None, *, on: date) -> int:
    if now is None:
        return 0
    return usable_minor(
        contract.customer,
        currency=contract.currency,
        on=on,
        gross_minor=now.taxed.totals.gross_minor,
    )


def _at_once(
    contract: Contract,
    change: SubscriptionChange,
    timeline: Timeline,
    known: Known,
    *,
    at: datetime,
) -> Sequence[Line]:
    """Return the lines that only the change makes."""
    held = due_until(contract.seller, at=at)
    until = charged_until(contract, timeline, change, on=known.on, due_until=held)
    before = Known(known.on, change.position - 1)
    of = UUID(timeline.subscription_id)
    account = Account(timeline, charged({of: timeline.open_from})[of])
    waiting = owed_not_charged(contract, account, before, until=until)
    already = [as_charged(line) for line in waiting]
    return owed_not_charged(contract, account, known, until=until, already=already)


def _before(timeline: Timeline, period: Period) -> Timeline:
    """Return a timeline as if nothing had been used in a period yet."""
    usage = {
        meter: tuple(bucket for bucket in buckets if bucket.day < period.starts_on)
        for meter, buckets in timeline.usage.items()
    }
    return structs.replace(timeline, usage=usage)


def _draft(
    contract: Contract, change: SubscriptionChange, lines: Sequence[Line], *, on: date | None
) -> Draft | None:
    """Return what a document of lines would hold, if it could be issued on a day: `check_draft`."""
    subscription_id: UUID = change.subscription_id
    said = printed_of(lines)
    drafted = draft_lines(contract, subscription_id, lines, cause="preview", said=said)
    drafted = [line for line in drafted if line.priced_minor]
    if not drafted:
        return None
    mine = between(contract.customer, contract)
    found = draft(drafted, between=mine, currency=contract.currency)
    check_draft(found, between=mine, currency=contract.currency, on=on)
    return found
