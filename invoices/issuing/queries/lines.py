"""What an event demands: owed minus charged of a contract, or the lines of an order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from billing.catalog.models import Plan, Price, Product
from billing.contracts.models import Contract, SubscriptionChange
from billing.contracts.queries import Known, timelines
from billing.ids import uuid_of
from billing.money import EXACT
from billing.pricing.difference import Charged, Line, difference
from billing.pricing.due import next_due, turns_on
from billing.pricing.owed import owed
from billing.pricing.timeline import Timeline
from invoices.issuing.queries.charged import COMMITMENT, charged
from invoices.issuing.queries.drafts import DraftLine, as_taxed
from invoices.issuing.queries.metered import Looked, opened

_DAY = timedelta(days=1)
_PLACES = Decimal("1e-12")
_COMMITTED = {"de": "Mindestumsatz", "en": "minimum commitment"}


@dataclass(frozen=True, slots=True)
class Demanded:
    """What subscriptions owe and weren't charged, up to which days, and the next day with more."""

    lines: Sequence[DraftLine]
    charged_until: Mapping[UUID, date]
    next_due: date | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """
    A subscription's timeline and what was charged of it.

    Both from the first day on that can be charged otherwise by now: the timeline's `open_from`.
    """

    timeline: Timeline
    charged: Sequence[Charged]

    @property
    def subscription_id(self) -> UUID:
        """Whose account it is."""
        return uuid_of(self.timeline.subscription_id)


@dataclass(frozen=True, slots=True)
class Found:
    """
    What subscriptions owe and weren't charged, as the engine's lines, by the facts of a `cause`.

    Up to which days it is, and the next day with more.
    """

    contract: Contract
    cause: str
    lines: Mapping[UUID, Sequence[Line]]
    charged_until: Mapping[UUID, date]
    next_due: date | None = None


def accounts(looked: Sequence[Looked]) -> list[Account]:
    """Return the accounts of subscriptions: in as many queries for many as for one."""
    timelines_ = opened(looked)
    before = charged({uuid_of(each.subscription_id): each.open_from for each in timelines_})
    return [Account(each, before[uuid_of(each.subscription_id)]) for each in timelines_]


def lines_of_change(
    contract: Contract, change: SubscriptionChange, *, known: Known, due_until: date
) -> Demanded:
    """
    Return what a change makes owed and not yet charged.

    What is due on the day anyway, and isn't charged yet, comes after the facts of the day. What a
    start begins on its day comes with it, unless that day's due is held: `due_until` lies before.
    """
    mine: UUID = change.subscription_id
    (account,) = accounts([Looked(timelines(contract, only=mine)[mine], known.on)])
    timeline = account.timeline
    until = charged_until(contract, timeline, change, on=known.on, due_until=due_until)
    found = Found(
        contract,
        f"change {change.id}",
        {mine: owed_not_charged(contract, account, known, until=until)},
        {mine: until},
        next_due(timeline.known(known.on), after=until),
    )
    return demanded(found, printed([found]))


def charged_until(
    contract: Contract,
    timeline: Timeline,
    change: SubscriptionChange,
    *,
    on: date,
    due_until: date,
) -> date:
    """Return up to which day a change is charged that is billed on a day: that, or its eve."""
    is_start = change.kind == SubscriptionChange.Kind.START
    comes_after = due_until < on if is_start else is_still_due(contract, on=on)
    return on - _DAY if comes_after and turns_on(timeline, on) else on


def lines_of_usage(
    contract: Contract, subscription_id: UUID, *, known: Known, batch_id: str
) -> Demanded:
    """Return what late usage makes owed at once: after the end, and in a pause."""
    timeline = timelines(contract, only=subscription_id)[subscription_id]
    (account,) = accounts([Looked(timeline, known.on)])
    found = Found(
        contract,
        f"usage {batch_id}",
        {subscription_id: owed_not_charged(contract, account, known, until=known.on)},
        {subscription_id: known.on},
        contract.next_billing_date,
    )
    return demanded(found, printed([found]))


def lines_due(contract: Contract, whole: Iterable[Timeline], *, on: date, known: Known) -> Demanded:
    """Return what a contract owes and wasn't charged on a due day."""
    mine = accounts([Looked(timeline, known.on) for timeline in whole])
    found = found_due(contract, mine, known=known, cause=f"period {on}")
    return demanded(found, printed([found]))


def lines_reopened(
    contract: Contract, whole: Iterable[Timeline], *, known: Known, correction_id: str
) -> Demanded:
    """Return what a contract owes by what is known, now that some of it was taken back."""
    mine = accounts([Looked(timeline, known.on) for timeline in whole])
    found = found_due(contract, mine, known=known, cause=f"correction {correction_id}")
    return demanded(found, printed([found]))


def found_due(
    contract: Contract, accounts_: Iterable[Account], *, known: Known, cause: str
) -> Found:
    """Compare what a contract owes by what is known with what is charged of it."""
    lines: dict[UUID, Sequence[Line]] = {}
    next_dates: list[date] = []
    for account in accounts_:
        mine = known.of(account.timeline)
        if not mine.changes:
            continue  # It was recorded later: its own event will bill it.
        found = owed_not_charged(contract, account, known, until=known.on)
        lines[account.subscription_id] = found
        if next_date := next_due(mine, after=known.on):
            next_dates.append(next_date)
    until = dict.fromkeys(lines, known.on)
    return Found(contract, cause, lines, until, min(next_dates, default=None))


def is_still_due(contract: Contract, *, on: date) -> bool:
    """Return whether a contract wasn't charged yet what is due on a day."""
    due_on = contract.next_billing_date
    return due_on is not None and due_on <= on


def owed_not_charged(
    contract: Contract,
    account: Account,
    known: Known,
    *,
    until: date,
    already: Iterable[Charged] = (),
) -> Sequence[Line]:
    """
    Compare what is known to be owed with what is charged, at any price of the timeline.

    The timeline holds the usage. `already` counts as charged beside what is.
    """
    mine = known.of(account.timeline)
    before = [*account.charged, *already]
    lines = difference(owed(mine, until=until), before, prices=account.timeline.prices, known=mine)
    return as_taxed(lines, before, contract=contract, known=mine)


def demanded(found: Found, said: Mapping[str, Mapping[str, str]]) -> Demanded:
    """Return what was found as the lines of a document; `said` is what is printed of prices."""
    lines = [
        line
        for subscription_id, mine in found.lines.items()
        for line in draft_lines(found.contract, subscription_id, mine, cause=found.cause, said=said)
    ]
    return Demanded(lines, found.charged_until, found.next_due)


def draft_lines(
    contract: Contract,
    subscription_id: UUID,
    lines: Sequence[Line],
    *,
    cause: str,
    said: Mapping[str, Mapping[str, str]],
) -> list[DraftLine]:
    """Return lines of the engine as those of a document to the contract's customer."""
    locale = contract.customer.locale
    return [
        DraftLine(
            subscription_id=subscription_id,
            price_id=None if line.price.id.startswith(COMMITMENT) else uuid_of(line.price.id),
            plan_id=_committed_plan(line),
            price_code=line.price.code,
            tag=line.tag,
            order_line_id=None,
            cause=cause,
            is_credit=line.is_credit,
            starts_on=line.starts_on,
            ends_on=line.ends_on,
            stretch_starts_on=line.stretch_starts_on,
            **_said_in(locale, said[line.price.id]),
            quantity=_stored(line.quantity),
            measured=None if line.measured is None else _stored(line.measured),
            unit_price=None if line.unit_price is None else _stored(line.unit_price),
            priced_minor=line.amount_minor,
            tax_included=line.price.tax_included,
            supply=line.price.supply,
            tax=line.tax,
            explanation=dict(line.explanation),
        )
        for line in lines
    ]


def printed(found: Iterable[Found]) -> dict[str, dict[str, str]]:
    """
    Return what is printed of each price, by its id: text, unit, product. One query each.

    The text of a minimum commitment is that of its plan.
    """
    lines = [line for each in found for mine in each.lines.values() for line in mine]
    return printed_of(lines)


def printed_of(lines: Iterable[Line]) -> dict[str, dict[str, str]]:
    """Return what is printed of the prices of lines, as `printed` does."""
    ids = {line.price.id for line in lines}
    plans = {UUID(id_.removeprefix(COMMITMENT)) for id_ in ids if id_.startswith(COMMITMENT)}
    prices = {UUID(id_) for id_ in ids if not id_.startswith(COMMITMENT)}
    told: dict[str, dict[str, str]] = {}
    if prices:
        for row in Price.objects.filter(pk__in=prices).select_related("plan__product"):
            product = row.plan.product if row.plan else None
            told[str(row.id)] = {"text": row.text, "unit": row.unit, **item_of(product)}
    if plans:
        for plan in Plan.objects.filter(pk__in=plans).select_related("product"):
            told[f"{COMMITMENT}{plan.id}"] = {"plan": plan.name, **item_of(plan.product)}
    return told


def _said_in(locale: str, said: Mapping[str, str]) -> Mapping[str, str]:
    """Return what is printed of a price in a language; a commitment has no text of its own."""
    if "plan" not in said:
        return said
    what = _COMMITTED.get(locale, _COMMITTED["en"])
    rest = {name: text for name, text in said.items() if name != "plan"}
    return {"text": f"{said['plan']}: {what}", **rest}


def _committed_plan(line: Line) -> UUID | None:
    is_commitment = line.price.id.startswith(COMMITMENT)
    return uuid_of(line.price.id.removeprefix(COMMITMENT)) if is_commitment else None


def item_of(product: Product | None) -> dict[str, str]:
    """Return what is printed of a product beside a line's text."""
    if product is None:
        return {}
    return {"item_number": product.code, "description": product.description}


def _stored(value: Decimal) -> Decimal:
    """Return a figure as its column keeps it, so that the hash is that of what is stored."""
    return value.quantize(_PLACES, context=EXACT)
