"""The invoices that a document corrects: those that charged what its credits take back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from billing.pricing.exemptions import REVERSE_CHARGE
from invoices.issuing.models import Charge

_COLUMNS = (
    "subscription", "price", "plan", "stretch_starts_on", "tag", "quantity", "tax_category",
    "tax_percent", "invoice__number", "invoice__issue_date", "invoice__customer_as_printed",
)  # fmt: skip

# What a charge was for.
_Key = tuple[UUID | None, UUID | None, UUID | None, date, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """
    What a document must tell of those that it corrects.

    `vat_ids` are the customer's as they were printed where its credits take back what the customer
    owed the tax of.
    """

    references: list[dict[str, str]]
    vat_ids: list[str]


def corrected(lines: Sequence[Charge], *, invoice_id: UUID | None) -> Corrected:
    """Return what is corrected by the lines of a document that isn't written; a draft has no id."""
    credits_ = [line for line in lines if line.is_credit and line.subscription_id]
    found: dict[str, dict[str, str]] = {}
    vat_ids: set[str] = set()
    charges: dict[_Key, list[Charge]] = defaultdict(list)
    for charge in _charged(credits_, invoice_id):
        charges[_key(charge)].append(charge)
    for line in credits_:
        for charge in charges.get(_key(line), ()):
            invoice = charge.invoice
            if invoice is None or not _takes_back(line, charge):
                continue
            number, issued = invoice.number, invoice.issue_date
            found[number] = {"number": number, "issue_date": issued.isoformat()}
            if line.is_taxed_as_charged and line.tax_category == REVERSE_CHARGE:
                vat_ids |= _vat_ids(invoice.customer_as_printed)
    return Corrected(
        references=[found[number] for number in sorted(found)], vat_ids=sorted(vat_ids)
    )


def _charged(credits_: Iterable[Charge], invoice_id: UUID | None) -> Iterable[Charge]:
    """Return the invoiced charges among which are those that credits take back: one query."""
    stretches = {(line.subscription_id, line.stretch_starts_on) for line in credits_}
    if not stretches:
        return []
    charges = Charge.objects.filter(
        subscription_id__in={subscription_id for subscription_id, _ in stretches},
        stretch_starts_on__in={starts_on for _, starts_on in stretches},
        is_credit=False,
        corrects__isnull=True,
        invoice__isnull=False,
    )
    # What was billed anew stands on another invoice.
    billed_anew = Charge.objects.filter(corrects=OuterRef("pk"), is_concession=False)
    stands = charges.exclude(Exists(billed_anew))
    if invoice_id is not None:
        stands = stands.exclude(invoice_id=invoice_id)
    return stands.select_related("invoice").only(*_COLUMNS)


def _takes_back(line: Charge, charge: Charge) -> bool:
    """Return whether a credit takes back a charge that was for the same."""
    # Of usage the quantity is what it differs by.
    if line.measured is None and line.quantity != charge.quantity:
        return False
    taxes = (line.tax_category, line.tax_percent), (charge.tax_category, charge.tax_percent)
    return not line.is_taxed_as_charged or taxes[0] == taxes[1]


def _key(charge: Charge) -> _Key:
    return (
        charge.subscription_id, charge.price_id, charge.plan_id, charge.stretch_starts_on,
        charge.tag,
    )  # fmt: skip


def _vat_ids(customer: dict[str, Any]) -> set[str]:
    return {customer["vat_id"]} - {""}
