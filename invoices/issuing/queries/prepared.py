"""
What a document says besides its number, and whether it may be issued.

It is asked before the number series is locked; and of drafts, so that what issuing would refuse is
told before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.pricing.taxes import DocumentTotals
from billing.sellers.models import Seller
from invoices.issuing.models import Charge
from invoices.issuing.queries.accounting import Stated, in_accounting_currency
from invoices.issuing.queries.basis import Between
from invoices.issuing.queries.content import (
    registration_as_printed,
    vat_ids_as_printed,
)
from invoices.issuing.queries.contents import Contents
from invoices.issuing.queries.corrected import corrected
from invoices.issuing.queries.drafts import Draft
from invoices.issuing.queries.legal_contents import check_contents
from invoices.issuing.queries.references import references_as_printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a document freezes of its parties, what it corrects, and its VAT in another currency."""

    kind: str
    seller: dict[str, Any]
    customer: dict[str, Any]
    corrects: list[dict[str, str]]
    stated: Stated


def prepared(
    lines: Sequence[Charge], totals: DocumentTotals, *, between: Between, on: date | None
) -> Prepared:
    """
    Return what a document of a day says besides its number.

    Without a day it is one to come, whose rate of exchange nobody knows yet.

    :raises ExchangeRateMissing: if its VAT must be stated in another currency, at no known rate.
    """
    kind = "invoice" if totals.gross_minor >= 0 else "credit_note"
    before = corrected(lines, invoice_id=lines[0].invoice_id)
    corrects = before.references if kind == "credit_note" else []
    credited = [each["number"] for each in corrects]
    return Prepared(
        kind=kind,
        seller={
            **between.basis.seller_as_printed,
            **registration_as_printed(between.seller, lines),
        },
        customer={
            **between.basis.customer_as_printed(between.customer),
            **vat_ids_as_printed(between.customer, before.vat_ids),
            **references_as_printed(lines, between.contract or between.order),
        },
        corrects=corrects,
        stated=Stated()
        if on is None
        else in_accounting_currency(lines, totals, seller=between.seller, on=on, credited=credited),
    )


def check_draft(draft: Draft, *, between: Between, currency: str, on: date | None) -> None:
    """
    Do nothing if a document of a draft alone could be issued on a day; see `prepared`.

    :raises SellerDataMissing: and the others, as `check_prepared` does.
    :raises ExchangeRateMissing: as `prepared` does.
    """
    lines = draft.charges(currency=currency)
    for position, line in enumerate(lines, start=1):
        line.position = position
    totals = draft.taxed.totals
    ready = prepared(lines, totals, between=between, on=on)
    check_prepared(ready, lines, totals, seller=between.seller)


def check_prepared(
    ready: Prepared, lines: Sequence[Charge], totals: DocumentTotals, *, seller: Seller
) -> None:
    """
    Do nothing if a document says all that it must, but for its number.

    Also what the customer's format wants, unless another system makes the seller's documents.

    :raises SellerDataMissing: and the others, if it doesn't.
    """
    conversion = ready.stated.conversion
    said = Contents(
        seller=ready.seller,
        customer=ready.customer,
        currency=lines[0].currency,
        gross_minor=totals.gross_minor,
        taxes=[tax.printed for tax in totals.taxes],
        lines=lines,
        accounting_currency=conversion.into if conversion else "",
    )
    check_contents(said, seller=seller)
