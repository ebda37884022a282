"""Reads of what sellers decide of VAT, and of what registers said."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from billing.customers.models import Customer
from billing.pricing.tax_overrides import Override
from billing.vat.models import TaxOverride, VatIdCheck


def overrides_of(*, seller_id: UUID, customer_id: UUID) -> Sequence[Override]:
    """Return a seller's overrides that may concern a customer, as the engine's values."""
    rows = TaxOverride.objects.filter(seller_id=seller_id)
    return [as_override(row) for row in rows.filter(Q(customer=None) | Q(customer=customer_id))]


def as_override(row: TaxOverride) -> Override:
    """Return an override as the engine's value."""
    return Override(
        id=str(row.id),
        category=row.category,
        percent=row.percent,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        is_for_customer=row.customer_id is not None,
        product_id=str(row.product_id or ""),
        tax_class=row.tax_class,
        country=row.country,
        exemption_code=row.exemption_code,
        exemption_text=row.exemption_text,
    )


def is_confirmed(customer: Customer) -> bool:
    """Return whether a register has confirmed a customer's VAT id, and not denied it since."""
    answers = VatIdCheck.objects.filter(customer=customer, vat_id=customer.vat_id)
    answered = answers.exclude(outcome=VatIdCheck.Outcome.UNAVAILABLE).order_by("-id")
    return answered.values_list("outcome", flat=True).first() == VatIdCheck.Outcome.VALID


def latest_checks(customer_ids: Iterable[UUID]) -> dict[UUID, VatIdCheck]:
    """Return the latest check of each customer, of those that were checked."""
    rows = VatIdCheck.objects.filter(customer_id__in=list(customer_ids))
    latest = rows.order_by("customer_id", "-id").distinct("customer_id")
    return {row.customer_id: row for row in latest}


def due_checks(*, at: datetime, limit: int) -> Sequence[VatIdCheck]:
    """Return the checks that are to be repeated by now."""
    due = VatIdCheck.objects.filter(next_check_at__lte=at).order_by("next_check_at")
    return list(due.select_related("customer__seller")[:limit])
