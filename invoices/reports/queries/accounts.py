"""Which account a posting goes to: what the seller wants, else what the chart says."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from billing.pricing.tax_area import has_eu_goods, tax_country
from invoices.issuing.models import Invoice
from invoices.reports.models import Account, AccountOverride, Bookkeeping, DebtorAccount
from invoices.reports.queries.postings import Posting, Purpose, parties_of

_CRITERIA = ("product_id", "country", "percent", "tax_category", "exemption", "scope", "supply")
_Named = Account | AccountOverride


class AccountMissing(Exception):
    """No account is known for a posting."""


class Accounts:
    """The accounts of a seller's books, by its chart and its overrides: two queries for all."""

    def __init__(self, seller_id: UUID, *, chart: str) -> None:
        """Read them once."""
        self.seller_id = seller_id
        self._charted = list(Account.objects.filter(chart=chart))
        self._wanted = list(AccountOverride.objects.filter(seller_id=seller_id))
        self._debtors: dict[UUID, int] = dict(
            DebtorAccount.objects.filter(seller_id=seller_id).values_list("customer_id", "number")
        )
        self._found: dict[tuple[object, ...], _Named | None] = {}

    def find(self, posting: Posting, invoice: Invoice) -> _Named | None:
        """Return what is known of a posting's account; None if it must be said first."""
        day = posting.supplied_on or invoice.issue_date
        facts = {
            "product_id": posting.product_id,
            "country": posting.country,
            "percent": posting.percent,
            "tax_category": posting.tax_category,
            "scope": scope_of(invoice, posting),
            "supply": posting.supply,
            "exemption": "small_business" if _is_small_business(invoice, day) else "",
        }
        key = (posting.purpose, day, *facts.values())
        if key not in self._found:
            self._found[key] = _most_exact(
                self._wanted, posting.purpose, facts, day
            ) or _most_exact(self._charted, posting.purpose, facts, day)
        return self._found[key]

    def number(self, posting: Posting, invoice: Invoice) -> str:
        """Return the number of a posting's account; empty where it isn't known."""
        found = self.find(posting, invoice)
        return found.account if found else ""

    def required(self, posting: Posting, invoice: Invoice) -> _Named:
        """
        Return what is known of a posting's account.

        :raises AccountMissing: if nothing is.
        """
        found = self.find(posting, invoice)
        if found is None:
            raise AccountMissing(
                f"Invoice {invoice.number}: no account is known for {posting.purpose} of tax "
                f"category {posting.tax_category} {posting.percent} % in {posting.country}: add it "
                "in the admin (Books → Account overrides)."
            )
        return found

    def debtor(self, customer_id: UUID, books: Bookkeeping) -> int:
        """Return the account of a customer: its own, or that of all."""
        if books.debtors == Bookkeeping.Debtors.COLLECTIVE:
            return books.collective_debtor
        return self._debtors[customer_id]


def scope_of(invoice: Invoice, posting: Posting) -> str:
    """Return where a posting's country is, seen from the seller's."""
    country = posting.country
    if not country or tax_country(invoice.seller_as_printed["country"]) == country:
        return "home"
    if not has_eu_goods(country):
        return "third"
    return "registered" if posting.is_registered else "eu"


def _most_exact(
    rows: Iterable[_Named], purpose: Purpose, facts: Mapping[str, object], day: date
) -> _Named | None:
    fitting = [
        row for row in rows if row.purpose == purpose and _holds_on(row, day) and _fits(row, facts)
    ]
    return max(fitting, key=_exactness, default=None)


def _holds_on(row: _Named, day: date) -> bool:
    return row.valid_from <= day and (row.valid_until is None or day < row.valid_until)


def _fits(row: _Named, facts: Mapping[str, object]) -> bool:
    wanted = {name: getattr(row, name, None) for name in _CRITERIA}
    return all(value in (None, "") or value == facts[name] for name, value in wanted.items())


def _exactness(row: _Named) -> tuple[object, ...]:
    """Order by what a row names: a product weighs more than a country, and so on."""
    named = tuple(getattr(row, name, None) not in (None, "") for name in _CRITERIA)
    return (*named, row.valid_from)


def _is_small_business(invoice: Invoice, day: date) -> bool:
    if not invoice.seller_as_printed.get("small_business"):
        return False  # Most aren't, and this is asked for each posting.
    small = parties_of(invoice).small_business
    return small is not None and small.holds_on(day)
