"""What a document would hold: lines before they are written, and their totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from billing.catalog.queries import tax_rates
from billing.customers.models import Customer
from billing.pricing.tax_area import tax_country
from billing.pricing.taxes import (
    REVERSE_CHARGE,
    DocumentTotals,
    Parties,
    Tax,
    TaxedLine,
    decide_tax,
    totals,
)
from billing.pricing.vat_ids import parties
from billing.sellers.models import Seller


class SellerDataMissing(Exception):
    """The seller lacks what the law wants on every invoice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """
    A line of a document that is not yet written.

    A plan instead of a price is that whose minimum commitment is topped up to.
    `priced_minor` is in the terms of the price: gross where tax is included. `supplied_on` is the
    day whose tax rate holds.
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
    tax_class: str
    explanation: dict[str, object]

    @property
    def supplied_on(self) -> date:
        """The last day of the service: its rate of tax holds."""
        return self.ends_on - timedelta(days=1) if self.ends_on else self.starts_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Lines with the tax decided for each, and the totals of the document that they make."""

    lines: Sequence[DraftLine]
    taxes: Sequence[Tax]
    totals: DocumentTotals


def draft(
    lines: Sequence[DraftLine], *, seller: Seller, customer: Customer, currency: str
) -> Draft:
    """
    Decide the tax of each line and add the document up; nothing is stored.

    :raises TaxDataMissing: if no rate is known for a line's country, class and day.
    :raises TaxNotDecided: if the seller is outside the EU, and the customer in another country.
    :raises SellerDataMissing: if the seller has no tax number, or no complete address; or no VAT
        id where the customer owes the tax.
    """
    _check_seller(seller)
    between = _parties(seller, customer)
    rates = tax_rates({tax_country(seller.country), tax_country(customer.country)})
    taxes = [
        decide_tax(
            parties=between,
            tax_class=line.tax_class,
            supplied_on=line.supplied_on,
            rates=rates,
        )
        for line in lines
    ]
    _check_vat_id(seller, taxes)
    taxed = [
        TaxedLine(amount_minor=line.priced_minor, tax=tax, tax_included=line.tax_included)
        for line, tax in zip(lines, taxes, strict=True)
    ]
    return Draft(lines=lines, taxes=taxes, totals=totals(taxed, currency))


def _parties(seller: Seller, customer: Customer) -> Parties:
    return parties(
        seller_country=seller.country,
        oss=seller.oss,
        customer_country=customer.country,
        kind=customer.kind,
        vat_id=customer.vat_id,
    )


def _check_seller(seller: Seller) -> None:
    """Source: UStG § 14 (4) 1 and 2."""
    address = ("name", "street", "postcode", "city", "country")
    missing = [name for name in address if not getattr(seller, name)]
    if not (seller.vat_id or seller.tax_number):
        missing.append("VAT id or tax number")
    if missing:
        raise SellerDataMissing(f"The seller {seller.name} has no {', '.join(missing)}.")


def _check_vat_id(seller: Seller, taxes: Sequence[Tax]) -> None:
    """Source: UStG § 14a (1), EN 16931 BR-AE-02."""
    if REVERSE_CHARGE in taxes and not seller.vat_id:
        raise SellerDataMissing(
            f"The seller {seller.name} has no VAT id, which an invoice must show where the "
            "customer owes the tax."
        )
