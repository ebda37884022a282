"""The files that a tax adviser's program reads: postings per month, and the customers."""

import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.customers.models import Customer
from billing.money import from_minor, minor_digits, round_parts, share_of
from billing.periods import add_months
from billing.pricing.conversion import convert_parts
from billing.pricing.tax_area import vat_id_prefix
from invoices.issuing.models import Invoice
from invoices.issuing.queries.accounting import conversion_of
from invoices.reports.extf import (
    MOST_ROWS,
    Batch,
    Row,
    customers_file,
    postings_file,
)
from invoices.reports.models import Bookkeeping
from invoices.reports.queries.accounts import Accounts, scope_of
from invoices.reports.queries.postings import Entry, Purpose, entries

DECIMALS = 2  # Of amounts in the format.
LONGEST = timedelta(days=92)  # Of a period asked for on a page; longer ones: `export_datev`.
_Key = tuple[str, str, str, Decimal, str, str]  # Account, BU key, category, rate, country, scope.


class AmountNotExact(Exception):
    """An amount has more decimals than the format holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatevFile:
    """A file with its name, how many postings it holds, and what they come to per currency."""

    name: str
    content: bytes
    rows: int
    sums: Mapping[str, int]


@dataclass(slots=True)
class _Group:
    """What a row of a document adds up, of one account, tax and country."""

    net_minor: int = 0
    tax_minor: int = 0
    supplied_on: date | None = None


def datev_files(
    books: Bookkeeping, *, first_day: date, last_day: date, chart: str | None, at: datetime
) -> Iterator[DatevFile]:
    """
    Yield the files of the documents issued from a day to a day, both included.

    One for each month (and each 99,999 postings), then the customers. `chart` instead of the
    seller's. Every customer of these documents has its account already: see `assign_debtors`.

    :raises AccountMissing: if a posting has no account.
    :raises AmountNotExact: if an amount has more than two decimals.
    """
    accounts = Accounts(books.seller_id, chart=chart or books.chart)
    writer = _Writer(books, accounts, at=at, chart=chart or books.chart)
    for first, last in _months(first_day, last_day):
        found = Invoice.objects.filter(
            seller=books.seller_id, issue_date__gte=first, issue_date__lte=last
        )
        for part, rows in enumerate(_parts(writer.rows(entries(found))), start=1):
            yield writer.month(rows, first, last, part=part)
    if customers := writer.customers(first_day, last_day):
        yield customers


class _Writer:
    def __init__(self, books: Bookkeeping, accounts: Accounts, *, at: datetime, chart: str) -> None:
        self.books, self.accounts, self.chart = books, accounts, chart
        self.at = at.astimezone(ZoneInfo(books.seller.timezone))

    def rows(self, found: Iterable[Entry]) -> Iterator[list[Row]]:
        """Yield the rows of each document: they stay together in a file."""
        for entry in found:
            yield list(self._rows(entry))

    def month(self, rows: list[Row], first: date, last: date, *, part: int) -> DatevFile:
        batch = self._batch(first, last, title=f"Rechnungen {first:%m/%Y}")
        suffix = f"_{part}" if part > 1 else ""
        name = f"EXTF_Buchungsstapel_{first:%Y-%m}{suffix}.csv"
        sums: defaultdict[str, int] = defaultdict(int)
        for row in rows:
            sums[row.currency] += int(row.amount.scaleb(minor_digits(row.currency)))
        return DatevFile(
            name=name, content=postings_file(batch, rows), rows=len(rows), sums=dict(sums)
        )

    def customers(self, first_day: date, last_day: date) -> DatevFile | None:
        if self.books.debtors == Bookkeeping.Debtors.COLLECTIVE:
            return None
        found = Customer.objects.filter(
            seller=self.books.seller_id,
            invoices__issue_date__gte=first_day,
            invoices__issue_date__lte=last_day,
        ).distinct()
        rows = sorted(
            (
                _as_debtor(each, number=self.accounts.debtor(each.pk, self.books))
                for each in found.iterator(chunk_size=2000)
            ),
            key=lambda row: str(row[1]),
        )
        batch = self._batch(first_day, last_day, title="Debitoren")
        content = customers_file(replace(batch, first_day=None, last_day=None), rows)
        return DatevFile(name="EXTF_Debitoren.csv", content=content, rows=len(rows), sums={})

    def _rows(self, entry: Entry) -> Iterator[Row]:
        invoice = entry.invoice
        debtor = str(self.accounts.debtor(invoice.customer_id, self.books))
        groups = self._groups(entry)
        amounts = [group.net_minor + group.tax_minor for group in groups.values()]
        bases = _in_accounting_currency(invoice, amounts)
        for (key, group), amount_minor, base in zip(groups.items(), amounts, bases, strict=True):
            if not amount_minor:
                continue
            account, tax_key, *_ = key
            eu = _european(invoice, key)
            yield Row(
                amount=_exact(amount_minor, invoice),
                currency=invoice.currency,
                account=debtor,
                contra_account=account.ljust(self.books.account_digits, "0"),
                tax_key=tax_key,
                day=invoice.issue_date,
                number=invoice.number,
                due_date=invoice.due_date if invoice.kind == "invoice" else None,
                text=invoice.customer_as_printed["name"],
                eu_vat_id=eu[0],
                eu_percent=eu[1],
                supplied_on=group.supplied_on,
                taxed_on=_taxed_on(invoice, group),
                is_final=self.books.is_final,
                rate=invoice.exchange_rate,
                base_amount=base,
                base_currency=invoice.accounting_currency,
            )

    def _groups(self, entry: Entry) -> dict[_Key, _Group]:
        """Return revenue by account and tax, with its share of each tax of the document."""
        groups: dict[_Key, _Group] = {}
        for posting in entry.postings:
            if posting.purpose != Purpose.REVENUE:
                continue
            found = self.accounts.required(posting, entry.invoice)
            percent = posting.percent or Decimal(0)
            scope = scope_of(entry.invoice, posting)
            tax = posting.tax_category, percent
            key = found.account, found.tax_key, *tax, posting.country, scope
            group = groups.setdefault(key, _Group())
            group.net_minor -= posting.amount_minor
            days = [day for day in (group.supplied_on, posting.supplied_on) if day]
            group.supplied_on = max(days, default=None)
        _share_taxes(groups, entry.invoice)
        return groups

    def _batch(self, first: date, last: date, *, title: str) -> Batch:
        month = self.books.fiscal_year_month
        year = first.year if first.month >= month else first.year - 1
        return Batch(
            consultant_number=self.books.consultant_number,
            client_number=self.books.client_number,
            fiscal_year_starts=date(year, month, 1),
            account_digits=self.books.account_digits,
            chart=self.chart,
            at=self.at,
            first_day=first,
            last_day=last,
            title=title,
            currency=self.books.seller.currency,
            is_final=self.books.is_final,
        )


def zipped(files: Iterable[DatevFile]) -> bytes:
    """Return the files in a ZIP file; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(file.name), file.content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _in_accounting_currency(
    invoice: Invoice, amounts_minor: Sequence[int]
) -> Sequence[Decimal | None]:
    """Return the parts of a document in its seller's currency: they sum to the whole."""
    conversion = conversion_of(invoice)
    if conversion is None:
        return [None] * len(amounts_minor)
    parts = convert_parts(amounts_minor, conversion)
    return [from_minor(part, conversion.into) for part in parts]


def _months(first_day: date, last_day: date) -> Iterator[tuple[date, date]]:
    first = first_day
    while first <= last_day:
        following = add_months(first.replace(day=1), 1)
        yield first, min(following - timedelta(days=1), last_day)
        first = following


def _parts(documents: Iterable[list[Row]]) -> Iterator[list[Row]]:
    part: list[Row] = []
    for rows in documents:
        if part and len(part) + len(rows) > MOST_ROWS:
            yield part
            part = []
        part += rows
    if part:
        yield part


def _share_taxes(groups: Mapping[_Key, _Group], invoice: Invoice) -> None:
    """Spread the tax of each rate over its groups by their net amounts, to the cent."""
    for tax in invoice.taxes:
        key = tax["category"], Decimal(tax["percent"])
        own = [group for (_, _, *of, _, _), group in groups.items() if tuple(of) == key]
        base, amount = sum(group.net_minor for group in own), Decimal(tax["tax_minor"])
        if not own or not amount:
            continue
        shares = [share_of(amount, group.net_minor, base) for group in own] if base else []
        parts = round_parts(shares, tax["tax_minor"]) if base else [tax["tax_minor"]]
        for group, part in zip(own, parts, strict=False):
            group.tax_minor = part


def _european(invoice: Invoice, key: _Key) -> tuple[str, Decimal | None]:
    """Return what goes into the EU columns: the customer's VAT id, or another country's rate."""
    _, _, category, percent, country, scope = key
    if scope not in ("eu", "registered"):
        return "", None
    customer = invoice.customer_as_printed
    if category in ("AE", "K"):
        return customer.get("credited_vat_id") or customer["vat_id"], None
    return (vat_id_prefix(country), percent) if percent else ("", None)


def _taxed_on(invoice: Invoice, group: _Group) -> date:
    """
    Return a day of the period in which the VAT is declared: never later than what was issued.

    That of the supply; of what is billed in advance, and of what is taken back, that of the
    document. Source: UStG § 13 (1) 1, § 17 (1).
    """
    if invoice.kind == "credit_note" or group.supplied_on is None:
        return invoice.issue_date
    return min(group.supplied_on, invoice.issue_date)


def _exact(amount_minor: int, invoice: Invoice) -> Decimal:
    amount = from_minor(amount_minor, invoice.currency)
    if amount != round(amount, DECIMALS):
        raise AmountNotExact(
            f"Invoice {invoice.number}: {amount} {invoice.currency} has more than {DECIMALS} "
            "decimals, which the DATEV format can't hold: post it by hand."
        )
    return amount


def _as_debtor(customer: Customer, *, number: int) -> dict[int, object]:
    is_business = customer.kind == Customer.Kind.BUSINESS
    country = customer.vat_id[:2] if customer.vat_id[:2].isalpha() else ""
    return {
        1: number,
        2 if is_business else 6: customer.name[:50],
        7: "2" if is_business else "0",
        9: country,
        10: customer.vat_id[2:15] if country else "",
        15: "STR" if customer.street else "",
        16: customer.street[:36],
        18: customer.postcode[:10],
        19: customer.city[:30],
        20: customer.country,
        33: customer.email[:60],
        99: (customer.external_id or "")[:15],
        101: 1 if customer.locale.startswith("de") else 5,
        110: "" if customer.payment_days is None else customer.payment_days,
        220: "",
    }
