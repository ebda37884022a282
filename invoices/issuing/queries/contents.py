"""What a document says, and what can be missing of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from billing.mending import NOTHING, Mend, Mendable
from invoices.issuing.models import Charge

# These owe the tax themselves: category AE and K.
OWED_BY_CUSTOMER = frozenset({"AE", "K"})


class ContentRefused(Mendable):
    """A document can't be issued for what it says, or doesn't."""

    def __init__(self, problem: str, *, mend: Mend = NOTHING) -> None:
        """Say what is wrong, and what of whom must be mended."""
        super().__init__(problem)
        self.mend = mend


class SellerDataMissing(ContentRefused):
    """The seller lacks what the law wants on every invoice."""


class CustomerDataMissing(ContentRefused):
    """The customer lacks what the law wants on this invoice."""


class InvoiceContentMissing(ContentRefused):
    """A document lacks something else that the law wants on it."""


class SeveralVatIds(InvoiceContentMissing):
    """A document would bear VAT under several VAT ids of its seller, and can show but one."""


class FormatDoesNotFit(ContentRefused):
    """What is invoiced can't be said in the customer's format of documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """
    What a document says, or would say.

    Parties are as printed. Without `number` it is a draft.
    """

    seller: Mapping[str, Any]
    customer: Mapping[str, Any]
    currency: str
    gross_minor: int
    taxes: Sequence[Mapping[str, Any]]
    lines: Sequence[Charge]
    number: str | None = None
    issue_date: object = None
    accounting_currency: str = ""  # In which the VAT is stated too, if it is another.

    @property
    def categories(self) -> frozenset[str]:
        """The VAT categories of its lines."""
        return frozenset(tax["category"] for tax in self.taxes)

    @property
    def is_cross_border(self) -> bool:
        """Whether the parties are in different countries."""
        return bool(self.seller["country"] != self.customer["country"])

    @property
    def is_small(self) -> bool:
        """Whether it is a small amount, of which less has to be said."""
        limit = SMALL_AMOUNTS.get(self.seller["country"], SMALL_AMOUNT_ELSEWHERE)
        is_within = self.currency == limit.currency and abs(self.gross_minor) <= limit.gross_minor
        return is_within and not self.categories & OWED_BY_CUSTOMER


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallAmount:
    """Up to which gross amount an invoice needs neither the customer's name nor address."""

    gross_minor: int
    currency: str = "EUR"
    source: str


# An amount in another currency is none: no rate of exchange is known here.
SMALL_AMOUNTS = {
    "DE": SmallAmount(gross_minor=250_00, source="UStDV § 33"),
    "AT": SmallAmount(gross_minor=400_00, source="UStG 1994 § 11 (6)"),
}
SMALL_AMOUNT_ELSEWHERE = SmallAmount(gross_minor=100_00, source="2006/112/EC Art. 220a, 238")

Missing = Callable[[Contents], Sequence[str]]  # In plain words; nothing if all is given.


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Something that must stand on a document: its source, and what of it is missing."""

    of: type[ContentRefused]
    source: str
    missing: Missing
    applies: Callable[[Contents], bool] = field(default=lambda _: True)
