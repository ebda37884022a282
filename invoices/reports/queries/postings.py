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
from billing.pricing.tax_area import is_in_eu, tax_country
from invoices.balances.models import BalanceMovement
from invoices.issuing.models import Charge, Invoice

AT_ONCE = 1000
# Of these the customer's country matters, not whose VAT is due.
_WHERE_CUSTOMER_IS = frozenset({"AE", "G", "K", "O"})


class Purpose(StrEnum):
    """What a posting says."""

    RECEIVABLE = "receivable"
    REVENUE = "revenue"
    VAT = "vat"
    BALANCE = "balance"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """
    A part of a journal entry: a debit if positive, a credit if negative, in minor units.

    Revenue and VAT name their tax and its country; revenue also the product and the days of the
    service, half-open (for a single day `ends_on` is None).
    """

    purpose: Purpose
    amount_minor: int
    tax_category: str = ""
    percent: Decimal | None = None
    country: str = ""
    product_id: UUID | None = None
    starts_on: date | None = None
    ends_on: date | None = None

    @property
    def supplied_on(self) -> date | None:
        """The last day of the service."""
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
) -> Entry:
    """
    Return the journal entry of a document.

    The customer owes the gross amount; revenue and VAT stand against it. What was used of the
    customer's balance pays part of it; what a credit note keeps on the balance (`kept_minor`) goes
    there. `products` names the lines' products by the lines' ids.
    """
    postings = [
        Posting(purpose=Purpose.RECEIVABLE, amount_minor=invoice.gross_minor),
        *_revenue(invoice, lines, products or {}),
        *_vat(invoice),
        *_of_balance(invoice.prepaid_minor - kept_minor),
    ]
    return Entry(invoice=invoice, postings=tuple(each for each in postings if each.amount_minor))


def entries(invoices: QuerySet[Invoice]) -> Iterator[Entry]:
    """Yield the entries of documents in their order of time; memory doesn't grow with them."""
    ordered = invoices.order_by("issue_date", "kind", "series_id", "sequence")
    rows = ordered.iterator(chunk_size=AT_ONCE)
    while chunk := list(islice(rows, AT_ONCE)):
        yield from _entries(chunk)


def taxed_in(invoice: Invoice, category: str) -> str:
    """Return the country whose VAT a category of a document's lines is about."""
    seller, customer = invoice.seller_as_printed, invoice.customer_as_printed
    home = tax_country(seller.get("country", ""))
    away = tax_country(customer.get("country", "")) or home
    if category in _WHERE_CUSTOMER_IS:
        return away
    return away if seller.get("oss") and is_in_eu(away) else home


def deferred_minor(posting: Posting, *, after: date) -> int:
    """Return how much of a posting is for days after a day: of a whole period, by days."""
    if not posting.starts_on or not posting.ends_on:
        return posting.amount_minor if posting.starts_on and posting.starts_on > after else 0
    whole = (posting.ends_on - posting.starts_on).days
    still = (posting.ends_on - max(posting.starts_on, after + timedelta(days=1))).days
    share = share_of(Decimal(posting.amount_minor), max(still, 0), whole)
    return round_parts([share, posting.amount_minor - share], posting.amount_minor)[0]


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
    for invoice in chunk:
        own = lines.get(invoice.id, [])
        products = {line.id: _product(line) for line in own}
        yield entry_of(invoice, own, kept_minor=kept.get(invoice.id, 0), products=products)


def _product(line: Charge) -> UUID | None:
    if line.price:
        return line.price.product_id or (line.price.plan.product_id if line.price.plan else None)
    if line.plan:
        return line.plan.product_id
    return line.order_line.product_id if line.order_line else None


def _revenue(
    invoice: Invoice, lines: Iterable[Charge], products: Mapping[UUID, UUID | None]
) -> Iterator[Posting]:
    sums: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for line in lines:
        tax = line.tax_category, line.tax_percent
        sums[(*tax, products.get(line.id), line.starts_on, line.ends_on)] += line.amount_minor
    for (category, percent, product_id, starts_on, ends_on), amount in sums.items():
        yield Posting(
            purpose=Purpose.REVENUE,
            amount_minor=-amount,
            tax_category=category,
            percent=Decimal(percent),
            country=taxed_in(invoice, category),
            product_id=product_id,
            starts_on=starts_on,
            ends_on=ends_on,
        )


def _vat(invoice: Invoice) -> Iterator[Posting]:
    for tax in invoice.taxes:
        yield Posting(
            purpose=Purpose.VAT,
            amount_minor=-tax["tax_minor"],
            tax_category=tax["category"],
            percent=Decimal(tax["percent"]),
            country=taxed_in(invoice, tax["category"]),
        )


def _of_balance(used_minor: int) -> Iterator[Posting]:
    yield Posting(purpose=Purpose.BALANCE, amount_minor=used_minor)
    yield Posting(purpose=Purpose.RECEIVABLE, amount_minor=-used_minor)
