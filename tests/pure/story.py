"""Tells a customer's story to the pure engine, day by day, and keeps the documents it makes."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from billing.money import from_minor
from billing.periods import Alignment, Interval
from billing.pricing.contradictions import check_change
from billing.pricing.difference import Charged, Line, as_charged, difference
from billing.pricing.due import effective_date, next_due
from billing.pricing.owed import owed
from billing.pricing.prices import PlanTerms, PriceKind, PriceModel, PriceTerms, Proration, Timing
from billing.pricing.terms import Change, ChangeKind, Credit, When
from billing.pricing.timeline import Timeline


def day(text: str) -> date:
    return date.fromisoformat(text)


def price(code: str = "base", amount: str | None = "31.00", **terms: Any) -> PriceTerms:
    """A flat recurring price in advance, unless the terms say otherwise."""
    unit_price = terms.pop("unit_price", None)
    return PriceTerms(
        id=terms.pop("id", ""),
        code=code,
        kind=PriceKind(terms.pop("kind", "recurring")),
        timing=Timing(terms.pop("timing", "advance")),
        model=PriceModel.PER_UNIT if unit_price else PriceModel.FLAT,
        amount=None if unit_price or amount is None else Decimal(amount),
        unit_price=Decimal(unit_price) if unit_price else None,
        currency=terms.pop("currency", "EUR"),
        tax_class=terms.pop("tax_class", "standard"),
        tax_included=terms.pop("tax_included", False),
        proration=Proration(terms.pop("proration", "daily")),
        **terms,
    )


def plan(code: str, *prices: PriceTerms | str, **terms: Any) -> PlanTerms:
    """A monthly plan; a price given as text is a flat amount in advance."""
    listed = [price(amount=item) if isinstance(item, str) else item for item in prices]
    return PlanTerms(
        id=code,
        code=code,
        interval=Interval(terms.pop("interval", "month")),
        alignment=Alignment(terms.pop("alignment", "anniversary")),
        prices=tuple(_owned(item, f"{code}.{item.code}") for item in listed),
        **terms,
    )


def _owned(item: PriceTerms, price_id: str) -> PriceTerms:
    return replace(item, id=item.id or price_id)


@dataclass(frozen=True)
class Document:
    on: date
    lines: tuple[Line, ...]

    @property
    def net(self) -> str:
        total = sum(line.amount_minor for line in self.lines)
        return str(from_minor(total, self.lines[0].price.currency))


@dataclass
class Story:
    """Facts first, then what is due; `per_day` makes one document of all facts of a day."""

    per_day: bool = False
    zone: str = "Europe/Berlin"
    changes: list[Change] = field(default_factory=list)
    charged: list[Charged] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)

    def do(
        self, on: str, kind: str, subject: PlanTerms | str | None = None, **terms: Any
    ) -> "Story":
        """Record a change; the subject is a plan or a quantity."""
        recorded_on = day(terms.pop("recorded", on))
        quantity = terms.pop("quantity", subject if isinstance(subject, str) else None)
        known = self.timeline.known(recorded_on)
        effective_on = effective_date(known, on=day(on), when=When(terms.pop("when", "now")))
        change = Change(
            id=f"c{len(self.changes) + 1}",
            position=len(self.changes) + 1,
            recorded_on=recorded_on,
            effective_on=effective_on,
            kind=ChangeKind(kind),
            plan=subject if isinstance(subject, PlanTerms) else None,
            quantity=Decimal(quantity) if quantity is not None else None,
            credit=Credit(terms.pop("credit", "prorated")),
        )
        assert not terms, terms
        check_change(known, change)
        self.changes.append(change)
        return self

    @property
    def timeline(self) -> Timeline:
        return Timeline("s", tuple(self.changes), self.zone)

    def bill(self, until: str, *, every_day: bool = False) -> "Story":
        """Replay the story up to and including a day."""
        on: date | None = min(change.recorded_on for change in self.changes)
        while on is not None and on <= day(until):
            self._bill_day(on)
            on = on + timedelta(days=1) if every_day else self._next_day(on)
        return self

    def bill_once(self, on: str) -> "Story":
        """Bill everything at once, as after a long outage."""
        self._charge(self.timeline.known(day(on)), day(on))
        return self

    @property
    def sums(self) -> list[tuple[str, str]]:
        """The documents' days and net sums."""
        return [(str(document.on), document.net) for document in self.documents]

    @property
    def lines(self) -> list[tuple[str, ...]]:
        """All lines as (price code, start, end, net), in order."""
        return [
            (
                line.price.code,
                str(line.starts_on),
                str(line.ends_on),
                str(from_minor(line.amount_minor, line.price.currency)),
            )
            for document in self.documents
            for line in document.lines
        ]

    @property
    def total_minor(self) -> int:
        return sum(charge.amount_minor for charge in self.charged)

    def _bill_day(self, on: date) -> None:
        for change in self.changes:
            if change.recorded_on == on and not self.per_day:
                self._charge(self.timeline.known(on, change.position), on)
        self._charge(self.timeline.known(on), on)

    def _charge(self, known: Timeline, on: date) -> None:
        lines = difference(owed(known, until=on), self.charged, prices=self.timeline.prices)
        if lines:
            self.documents.append(Document(on, lines))
            self.charged += [as_charged(line) for line in lines]

    def _next_day(self, on: date) -> date | None:
        days = [change.recorded_on for change in self.changes if change.recorded_on > on]
        due = next_due(self.timeline.known(on), after=on)
        return min([*days, due] if due else days, default=None)
