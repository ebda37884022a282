"""What a document would hold: lines before they are written, and their totals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec import Struct, structs

from billing.columns import PIECE
from billing.contracts.models import Contract
from billing.copying import unsaved
from billing.ids import new_id
from billing.pricing.credits import TaxesCharged
from billing.pricing.difference import Charged, Line
from billing.pricing.supplies import TaxOn, at_one_rate
from billing.pricing.taxes import DocumentTotals, Supply, Tax, TaxedLine, totals
from billing.pricing.timeline import Timeline
from invoices.issuing.models import Charge
from invoices.issuing.queries.basis import Basis, Between
from invoices.issuing.queries.charged import parties_charged
from invoices.issuing.queries.taxes import tax_columns


class Taxable(Struct, frozen=True):
    """
    What decides the tax and the net amount of a line; the amount is gross if `tax_included`.

    `supplied_on` is the day whose tax rate holds. What corrects a charge has its `tax` already.
    """

    priced_minor: int
    tax_included: bool
    supply: Supply
    supplied_on: date
    tax: Tax | None = None


class DraftLine(Struct, frozen=True, kw_only=True):
    """
    A line of a document that is not yet written.

    A plan instead of a price is that whose minimum commitment is topped up to.
    `priced_minor` is in the terms of the price: gross where tax is included. `tax` is given
    where a charge is corrected; None: its document decides it.
    """

    subscription_id: UUID | None
    price_id: UUID | None
    plan_id: UUID | None = None
    price_code: str
    tag: str = ""
    order_line_id: UUID | None
    cause: str
    is_credit: bool
    starts_on: date
    ends_on: date | None
    stretch_starts_on: date
    text: str
    quantity: Decimal
    measured: Decimal | None = None
    unit_price: Decimal | None
    priced_minor: int
    tax_included: bool
    supply: Supply
    unit: str = PIECE
    item_number: str = ""
    description: str = ""
    tax: Tax | None = None
    explanation: dict[str, object]

    @property
    def taxable(self) -> Taxable:
        """What decides the line's tax."""
        return Taxable(
            self.priced_minor,
            self.tax_included,
            self.supply,
            supplied_on(self.starts_on, self.ends_on),
            self.tax,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed:
    """The tax decided for each line of a document, and the document's totals."""

    taxes: Sequence[Tax]
    totals: DocumentTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Lines that aren't written, with their tax and the totals of the document they would make."""

    lines: Sequence[DraftLine]
    taxed: Taxed

    def charges(self, *, currency: str) -> list[Charge]:
        """Return the lines as the charges that they would become."""
        parts = zip(self.lines, self.taxed.taxes, self.taxed.totals.line_nets, strict=True)
        return [charge_of(line, tax, net, currency=currency) for line, tax, net in parts]


def supplied_on(starts_on: date, ends_on: date | None) -> date:
    """Return the last day of a service, whose rate of tax holds."""
    return ends_on - timedelta(days=1) if ends_on else starts_on


def taxed(lines: Sequence[Taxable], *, between: Between, currency: str) -> Taxed:
    """
    Decide the tax of each line of a document and add it up; nothing is stored.

    :raises TaxDataMissing: if no rate is known for a line's country, class and day.
    :raises TaxNotDecided: if the seller is outside the EU, and the customer in another country.
    """
    tax_on = between.basis.tax_on(between.customer)
    taxes = [line.tax or tax_on(line.supply, line.supplied_on) for line in lines]
    with_tax = [
        TaxedLine(amount_minor=line.priced_minor, tax=tax, tax_included=line.tax_included)
        for line, tax in zip(lines, taxes, strict=True)
    ]
    return Taxed(taxes=taxes, totals=totals(with_tax, currency))


def draft(lines: Sequence[DraftLine], *, between: Between, currency: str) -> Draft:
    """Return what a document of some lines would hold; raises what `taxed` raises."""
    found = taxed([line.taxable for line in lines], between=between, currency=currency)
    return Draft(lines=lines, taxed=found)


def charge_of(line: DraftLine, tax: Tax, net_minor: int, *, currency: str) -> Charge:
    """Return a line of a draft as the charge that it becomes, not stored and without its event."""
    return unsaved(
        Charge,
        id=new_id(),
        subscription_id=line.subscription_id,
        price_id=line.price_id,
        plan_id=line.plan_id,
        price_code=line.price_code,
        tag=line.tag,
        order_line_id=line.order_line_id,
        cause=line.cause,
        is_credit=line.is_credit,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        stretch_starts_on=line.stretch_starts_on,
        text=line.text,
        quantity=line.quantity,
        measured=line.measured,
        unit_price=line.unit_price,
        currency=currency,
        priced_minor=line.priced_minor,
        amount_minor=net_minor,
        tax_included=line.tax_included,
        tax_class=line.supply.tax_class,
        supply=line.supply.kind.value,
        **tax_columns(tax),
        unit=line.unit,
        item_number=line.item_number,
        description=line.description,
        is_taxed_as_charged=line.tax is not None,
        corrects_id=None,
        is_concession=False,
        explanation=line.explanation,
        invoice_id=None,
        position=None,
    )


def as_taxed(
    lines: Sequence[Line],
    charges: Iterable[Charged],
    *,
    contract: Contract,
    known: Timeline,
) -> Sequence[Line]:
    """
    Return the lines so that each has one tax, and credits that of what they take back.

    A credit over a change of the rate takes back the whole charge: see `supplies.at_one_rate`. The
    used part, charged anew, is taxed between those between whom it was.

    :raises TaxDataMissing: if no rate is known for a credit's country, class and day.
    """
    if not any(line.is_credit for line in lines):
        return lines
    taxes = TaxesCharged(charges)
    if any(line.is_credit and line.owed_minor > 0 for line in lines):
        tax_on = _tax_rules_of_lines(taxes, contract, known)
        lines = [_as_supplied(line, tax_on) for line in at_one_rate(lines, tax_on)]
    return [part for line in lines for part in taxes.split(line, known)]


def _as_supplied(line: Line, tax_on: TaxOn) -> Line:
    """Return the used part of a corrected charge at the tax of its own last day."""
    if line.is_credit or "rate_changed" not in line.explanation:
        return line
    return structs.replace(line, tax=tax_on(line, supplied_on(line.starts_on, line.ends_on)))


def _tax_rules_of_lines(taxes: TaxesCharged, contract: Contract, known: Timeline) -> TaxOn:
    """Return what decides the tax of a line: between those between whom it was charged."""
    customer = contract.customer
    basis = Basis(contract.seller, [customer])
    now = basis.tax_on(customer)

    def decide(line: Line, on: date) -> Tax:
        tax, charged_on = taxes.latest(line), supplied_on(line.starts_on, line.charged_ends_on)
        if tax in (None, now(line.price.supply, charged_on)):
            return now(line.price.supply, on)
        then = parties_charged(UUID(known.subscription_id), line)
        if then is None:
            return tax
        return basis.tax_between(then, customer.id)(line.price.supply, on)

    return decide
