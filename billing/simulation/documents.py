"""What a scenario's charges look like on paper: lines with tax, and the totals of a document."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from billing.money import EXACT, to_minor
from billing.pricing.difference import Line
from billing.pricing.explanation import explain_purchase
from billing.pricing.parties import parties_as_printed
from billing.pricing.prices import PriceTerms
from billing.pricing.supplies import at_one_rate, supplied_on
from billing.pricing.tax_decision import decide_tax
from billing.pricing.tax_rates import TAX_RATES
from billing.pricing.taxes import Supply, Tax, TaxDataMissing, TaxedLine, TaxNotDecided, totals
from billing.simulation.scenario import (
    BadScenario,
    Document,
    DocumentLine,
    Ordered,
    OrderedLine,
    Scenario,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A line before its tax is summed up; the amount is gross if tax is included."""

    price: str | None
    text: str
    starts_on: date | None
    ends_on: date | None
    quantity: Decimal
    unit_price: Decimal | None
    priced_minor: int
    tax: Tax
    tax_included: bool
    currency: str
    explanation: dict[str, Any]


class Papers:
    """Makes the documents of a scenario; what is collected waits for its day."""

    def __init__(self, scenario: Scenario) -> None:
        """Begin with nothing collected."""
        self.currency = scenario.seller.currency
        party = "customer" if "customer" in scenario.places else "seller"
        self.place = scenario.place(party)
        self.parties = parties_as_printed(scenario.seller.as_printed, scenario.customer.as_printed)
        self.waiting: list[_Draft] = []

    def at_one_rate(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Yield the lines so that each bears the tax rate of one day."""
        return at_one_rate(lines, lambda line, on: self._tax(line.price.supply, on))

    def collect(self, lines: Iterable[Line], orders: Iterable[Ordered]) -> None:
        """Keep lines for the next document."""
        self.waiting += self._drafts(lines, orders)

    def collected(self, on: date) -> Iterator[Document]:
        """Yield the documents of what is collected, one per currency."""
        drafts, self.waiting = self.waiting, []
        yield from _documents(on, drafts)

    def document(
        self, on: date, lines: Iterable[Line], orders: Iterable[Ordered] = ()
    ) -> Iterator[Document]:
        """Yield the document of a fact, or none if it comes to no line."""
        yield from _documents(on, list(self._drafts(lines, orders)))

    def _drafts(self, lines: Iterable[Line], orders: Iterable[Ordered]) -> Iterator[_Draft]:
        for order in orders:
            for item in order.lines:
                draft = self._of_order(order.on, item)
                if draft.priced_minor:
                    yield draft
        for line in lines:
            yield self._of_line(line)

    def _of_line(self, line: Line) -> _Draft:
        price: PriceTerms = line.price
        return _Draft(
            price=price.code,
            text=price.code,
            starts_on=line.starts_on,
            ends_on=line.ends_on,
            quantity=line.quantity,
            unit_price=line.unit_price,
            priced_minor=line.amount_minor,
            tax=self._tax(price.supply, supplied_on(line)),
            tax_included=price.tax_included,
            currency=price.currency,
            explanation=line.explanation,
        )

    def _of_order(self, on: date, item: OrderedLine) -> _Draft:
        amount = EXACT.multiply(item.quantity, item.unit_price)
        priced_minor = to_minor(amount, self.currency)
        return _Draft(
            price=None,
            text=item.text,
            starts_on=None,
            ends_on=None,
            quantity=item.quantity,
            unit_price=item.unit_price,
            priced_minor=priced_minor,
            tax=self._tax(item.supply, on),
            tax_included=item.tax_included,
            currency=self.currency,
            explanation=explain_purchase(
                None,
                quantity=item.quantity,
                unit_price=item.unit_price,
                tax_included=item.tax_included,
                owed_minor=priced_minor,
            ),
        )

    def _tax(self, supply: Supply, on: date) -> Tax:
        try:
            return decide_tax(parties=self.parties, supply=supply, supplied_on=on, rates=TAX_RATES)
        except (TaxDataMissing, TaxNotDecided) as error:
            raise BadScenario(str(error), where=self.place) from error


def _documents(on: date, drafts: Sequence[_Draft]) -> Iterator[Document]:
    for currency in dict.fromkeys(draft.currency for draft in drafts):
        mine = [draft for draft in drafts if draft.currency == currency]
        yield _document(on, mine, currency)


def _document(on: date, drafts: Sequence[_Draft], currency: str) -> Document:
    taxed = [TaxedLine(draft.priced_minor, draft.tax, draft.tax_included) for draft in drafts]
    sums = totals(taxed, currency)
    return Document(
        on=on,
        kind="invoice" if sums.gross_minor >= 0 else "credit_note",
        currency=currency,
        net_minor=sums.net_minor,
        tax_minor=sums.tax_minor,
        gross_minor=sums.gross_minor,
        taxes=sums.taxes,
        lines=tuple(_line(draft, net) for draft, net in zip(drafts, sums.line_nets, strict=True)),
    )


def _line(draft: _Draft, net_minor: int) -> DocumentLine:
    return DocumentLine(
        price=draft.price,
        text=draft.text,
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        quantity=draft.quantity,
        unit_price=draft.unit_price,
        net_minor=net_minor,
        tax_category=draft.tax.category,
        tax_percent=draft.tax.percent,
        explanation=draft.explanation,
    )
