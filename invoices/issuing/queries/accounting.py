"""
The VAT of a document in the currency in which its seller accounts for it.

Source: 2006/112/EC Art. 230 and 91 (2); EN 16931 BT-6, BT-111, BR-53; UStG § 16 (6).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Sum

from billing.exchange.queries import find_conversion, require_conversion
from billing.pricing.conversion import Conversion, convert_correction, convert_parts
from billing.pricing.taxes import DocumentTotals
from billing.sellers.models import Seller
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.drafts import supplied_on


@dataclass(frozen=True, slots=True)
class Stated:
    """
    The rate of a document in another currency than its seller's, and its taxes by that.

    No rate: it is in the seller's currency, or none is known. No taxes: it shows no VAT.
    """

    conversion: Conversion | None = None
    taxes_minor: Sequence[int] = field(default_factory=list)

    def put_on(self, invoice: Invoice) -> None:
        """State it on an invoice that isn't written yet."""
        if self.conversion is None:
            return
        invoice.accounting_currency = self.conversion.into
        invoice.exchange_rate = self.conversion.rate
        invoice.exchange_rate_date = self.conversion.day
        invoice.exchange_rate_source = self.conversion.source
        if self.taxes_minor:
            invoice.accounting_tax_minor = sum(self.taxes_minor)
            invoice.accounting_taxes = list(self.taxes_minor)


def in_accounting_currency(
    lines: Sequence[Charge],
    totals: DocumentTotals,
    *,
    seller: Seller,
    on: date,
    credited: Sequence[str] = (),
) -> Stated:
    """
    Return the VAT of a document of a day in its seller's currency.

    Its rate is that of the invoice that it credits (of several the latest); else that of the day
    on which it is issued, or if that is earlier, of the last day of its supplies.

    :raises ExchangeRateMissing: if it shows VAT, and no rate is known.
    """
    currency = lines[0].currency
    if currency == seller.currency:
        return Stated()
    taxes = [tax.tax_minor for tax in totals.taxes]
    conversion = _of_credited(seller, credited)
    if conversion is None:
        find = require_conversion if any(taxes) else find_conversion
        latest = max(supplied_on(line.starts_on, line.ends_on) for line in lines)
        conversion = find(seller, currency=currency, on=min(latest, on))
    if conversion is None or not any(taxes):
        return Stated(conversion)
    return Stated(conversion, convert_parts(taxes, conversion))


def correction_in_accounting_currency(corrected: Invoice, totals: DocumentTotals) -> Stated:
    """Return the VAT of a correction in the currency of the invoice's, by the invoice's rate."""
    conversion = conversion_of(corrected)
    taxes = [tax.tax_minor for tax in totals.taxes]
    if conversion is None or not any(taxes):
        return Stated(conversion)
    before = corrected.corrections.aggregate(
        tax=Sum("tax_minor", default=0), converted=Sum("accounting_tax_minor", default=0)
    )
    parts = convert_correction(
        taxes,
        conversion,
        left_minor=corrected.tax_minor + before["tax"],
        left_converted_minor=(corrected.accounting_tax_minor or 0) + before["converted"],
    )
    return Stated(conversion, parts)


def conversion_of(invoice: Invoice) -> Conversion | None:
    """Return the rate that a document has frozen; None if it has none."""
    if invoice.exchange_rate is None or invoice.exchange_rate_date is None:
        return None
    return Conversion(
        currency=invoice.currency,
        into=invoice.accounting_currency,
        rate=invoice.exchange_rate,
        day=invoice.exchange_rate_date,
        source=invoice.exchange_rate_source,
    )


def _of_credited(seller: Seller, numbers: Sequence[str]) -> Conversion | None:
    if not numbers:
        return None
    stated = Invoice.objects.filter(
        seller=seller, number__in=numbers, accounting_currency=seller.currency
    )
    latest = stated.order_by("-issue_date", "-id").first()
    return conversion_of(latest) if latest else None
