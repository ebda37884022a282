"""Journal entries: a view over issued documents, so that the books can't drift from them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import groupby, islice
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from billing.money import round_parts, share_of
from billing.pricing.parties import Parties, parties_as_printed
from billing.pricing.tax_area import is_in_eu
from billing.pricing.taxes import Supply, SupplyKind
from invoices.balances.models import BalanceMovement
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.drafts import supplied_on

AT_ONCE = 1000
# Of these it matters where goods go or the customer is, not whose VAT is due.
_WHERE_IT_GOES = frozenset({"AE", "G", "K", "O"})
_WITH_RATE = frozenset({"S", "Z"})
_Rate = tuple[str, Decimal]  # Category and percentage.
_Where = tuple[str, bool, str]  # Country, whether the seller is registered there, kind of supply.
_NOWHERE: _Where = ("", False, "")  # Of a tax without lines: `verify` finds it.


class Purpose(StrEnum):
    """What a posting says."""

    RECEIVABLE = "receivable"
    REVENUE = "revenue"
    VAT = "vat"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """
    A part of a journal entry: a debit if positive, a credit if negative, in minor units.

    Revenue and VAT name their tax and its country, whether the seller charges it under a
    registration there, and the kind of supply; revenue also the product and the days of the
    service, half-open (for a single day `ends_on` is None).
    """

    purpose: Purpose
    amount_minor: int
    tax_category: str = ""
    percent: Decimal | None = None
    country: str = ""
    is_registered: bool = False
    supply: str = ""
    product_id: UUID | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    latest_day: date | None = None

    @property
    def supplied_on(self) -> date | None:
        """The last day of the service; of VAT that of all services at the rate."""
        if self.latest_day:
            return self.latest_day
        return self.ends_on - timedelta(days=1) if self.ends_on else self.starts_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The journal entry of a document; its postings sum to zero."""

    invoice: Invoice
    postings: tuple[Posting, ...]

    @property
    def difference_minor(self) -> int:
        """Debit less credit: zero."""
        return sum(posting.amount_minor for posting in self.postings)

    def total(self, purpose: Purpose) -> int:
        """Return the sum of the postings for a purpose."""
        return sum(each.amount_minor for each in self.postings if each.purpose == purpose)


def entry_of(
    invoice: Invoice,
    lines: Sequence[Charge],
    *,
    kept_minor: int = 0,
    products: Mapping[UUID, UUID | None] | None = None,
    then: Mapping[UUID, Parties] | None = None,
) -> Entry:
    """
    Return the journal entry of a document.

    The customer owes the gross amount; revenue and VAT stand against it. What was used of the
    customer's balance pays part of it; what a credit note keeps on the balance (`kept_minor`) goes
    there. `products` names the lines' products by the lines' ids, `then` between whom that was
    taxed what lines take back, where it may have been others.
    """
    parties = parties_of(invoice)
    places = {line.id: _where(line, (then or {}).get(line.id, parties)) for line in lines}
    postings = [
        Posting(purpose=Purpose.RECEIVABLE, amount_minor=invoice.gross_minor),
        *_revenue(lines, places, products or {}),
        *_vat(invoice, lines, places),
        *_of_balance(invoice.prepaid_minor - kept_minor),
    ]
    return Entry(invoice=invoice, postings=tuple(each for each in postings if each.amount_minor))


def entries(invoices: QuerySet[Invoice]) -> Iterator[Entry]:
    """Yield the entries of documents in their order of time; memory doesn't grow with them."""
    ordered = invoices.order_by("issue_date", "kind", "series_id", "sequence")
    rows = ordered.iterator(chunk_size=AT_ONCE)
    while chunk := list(islice(rows, AT_ONCE)):
        yield from _entries(chunk)


def taxed_in(line: Charge, parties: Parties) -> str:
    """
    Return the country whose VAT a line is about: of a document between such parties.

    What an override decides may be taxed where it goes, though the law has it at the seller's.
    """
    supply = Supply(kind=SupplyKind(line.supply))
    goes_to = parties.goes_to(supply)
    if line.seller_vat_id or line.tax_category in _WHERE_IT_GOES:
        return goes_to
    place = goes_to if line.tax_override_id else parties.place(supply)
    is_declared_there = parties.oss and is_in_eu(place) and line.tax_category in _WITH_RATE
    return place if is_declared_there else parties.home


def parties_of(invoice: Invoice) -> Parties:
    """Return what decided the VAT of a document: its parties as they are printed."""
    return parties_as_printed(invoice.seller_as_printed, invoice.customer_as_printed)


def _entries(chunk: Sequence[Invoice]) -> Iterator[Entry]:
    ids = [invoice.id for invoice in chunk]
    related = Charge.objects.select_related("price__plan", "plan", "order_line")
    charges = related.filter(invoice_id__in=ids).order_by("invoice_id", "position")
    lines = {
        invoice_id: list(of_invoice)
        for invoice_id, of_invoice in groupby(charges, key=attrgetter("invoice_id"))
    }
    kept = dict(
        BalanceMovement.objects.filter(invoice_id__in=ids, kind="credit_note").values_list(
            "invoice_id", "amount_minor"
        )
    )
    then = _parties_then([line for own in lines.values() for line in own])
    for invoice in chunk:
        own = lines.get(invoice.id, [])
        products = {line.id: _product(line) for line in own}
        kept_minor = kept.get(invoice.id, 0)
        yield entry_of(invoice, own, kept_minor=kept_minor, products=products, then=then)


def _parties_then(lines: Iterable[Charge]) -> dict[UUID, Parties]:
    """Return between whom that was taxed which credits take back: one query."""
    mine = [line for line in lines if line.is_taxed_as_charged and not line.corrects_id]
    if not mine:
        return {}
    charges = Charge.objects.filter(
        subscription__in={line.subscription_id for line in mine},
        stretch_starts_on__in={line.stretch_starts_on for line in mine},
        is_taxed_as_charged=False,
        is_credit=False,
        invoice__isnull=False,
    )
    by_stretch: defaultdict[tuple[object, ...], list[Charge]] = defaultdict(list)
    for charge in charges.select_related("invoice").order_by("ordinal"):
        by_stretch[_stretch(charge)].append(charge)
    found: dict[UUID, Parties] = {}
    for line in mine:
        for charge in by_stretch[_stretch(line)]:
            if charge.invoice and charge.ordinal < line.ordinal:
                found[line.id] = parties_of(charge.invoice)
    return found


def _stretch(line: Charge) -> tuple[object, ...]:
    return (
        line.subscription_id, line.price_code, line.tag, line.stretch_starts_on, line.tax_category,
        line.tax_percent,
    )  # fmt: skip


def _product(line: Charge) -> UUID | None:
    if line.price:
        return line.price.product_id or (line.price.plan.product_id if line.price.plan else None)
    if line.plan:
        return line.plan.product_id
    return line.order_line.product_id if line.order_line else None


def _revenue(
    lines: Iterable[Charge],
    places: Mapping[UUID, _Where],
    products: Mapping[UUID, UUID | None],
) -> Iterator[Posting]:
    sums: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for line in lines:
        tax = line.tax_category, Decimal(line.tax_percent)
        days = line.starts_on, line.ends_on
        key = tax, places[line.id], products.get(line.id), days
        sums[key] += line.amount_minor
    for (tax, where, product_id, days), amount in sums.items():
        yield Posting(
            purpose=Purpose.REVENUE,
            amount_minor=-amount,
            **_taxed(tax, where),
            product_id=product_id,
            starts_on=days[0],
            ends_on=days[1],
        )


def _vat(
    invoice: Invoice, lines: Iterable[Charge], places: Mapping[UUID, _Where]
) -> Iterator[Posting]:
    """Yield the document's tax of each rate, by where it is due: in proportion to the lines."""
    bases: defaultdict[_Rate, defaultdict[_Where, int]] = defaultdict(lambda: defaultdict(int))
    days: dict[_Rate, date] = {}
    for line in lines:
        rate = line.tax_category, Decimal(line.tax_percent)
        bases[rate][places[line.id]] += line.amount_minor
        days[rate] = max(days.get(rate, date.min), supplied_on(line.starts_on, line.ends_on))
    for tax in invoice.taxes:
        rate = tax["category"], Decimal(tax["percent"])
        for where, amount in _shares(bases[rate] or {_NOWHERE: 0}, tax):
            yield Posting(
                purpose=Purpose.VAT,
                amount_minor=-amount,
                **_taxed(rate, where),
                latest_day=days.get(rate),
            )


def _shares(bases: Mapping[_Where, int], tax: Mapping[str, Any]) -> Iterator[tuple[_Where, int]]:
    whole, tax_minor = sum(bases.values()), tax["tax_minor"]
    if not whole:
        yield next(iter(bases)), tax_minor
        return
    exact = [share_of(Decimal(tax_minor), base, whole) for base in bases.values()]
    yield from zip(bases, round_parts(exact, tax_minor), strict=True)


def _where(line: Charge, parties: Parties) -> _Where:
    return taxed_in(line, parties), bool(line.seller_vat_id), line.supply


def _taxed(rate: _Rate, where: _Where) -> dict[str, Any]:
    (category, percent), (country, is_registered, supply) = rate, where
    return {
        "tax_category": category,
        "percent": percent,
        "country": country,
        "is_registered": is_registered,
        "supply": supply,
    }


def _of_balance(used_minor: int) -> Iterator[Posting]:
    yield Posting(purpose=Purpose.BALANCE, amount_minor=used_minor)
    yield Posting(purpose=Purpose.RECEIVABLE, amount_minor=-used_minor)
