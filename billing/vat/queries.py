"""Reads of what sellers decide of VAT, and of what registers said."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from billing.customers.models import Customer
from billing.pricing.tax_overrides import Override
from billing.vat.models import TaxOverride, VatIdCheck

_VALID = VatIdCheck.Outcome.VALID


def overrides_of(
    *, seller_id: UUID, customer_ids: Iterable[UUID]
) -> list[tuple[UUID | None, Override]]:
    """Return a seller's overrides as the engine's values: of all customers (None), and of some."""
    rows = TaxOverride.objects.filter(seller_id=seller_id)
    mine = rows.filter(Q(customer=None) | Q(customer__any_of=list(customer_ids)))
    return [(row.customer_id, as_override(row)) for row in mine]


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


def confirmed(customers: Iterable[Customer]) -> set[UUID]:
    """Return the customers whose VAT id a register has confirmed, and not denied since."""
    asked = {customer.pk: customer.vat_id for customer in customers if customer.vat_id}
    answers = VatIdCheck.objects.filter(customer__any_of=asked)
    answered = answers.exclude(outcome=VatIdCheck.Outcome.UNAVAILABLE)
    latest = answered.order_by("customer_id", "vat_id", "-id").distinct("customer_id", "vat_id")
    return {
        answer.customer_id
        for answer in (latest if asked else ())
        if answer.vat_id == asked[answer.customer_id] and answer.outcome == _VALID
    }


def latest_checks(customer_ids: Iterable[UUID]) -> dict[UUID, VatIdCheck]:
    """Return the latest check of each customer, of those that were checked."""
    rows = VatIdCheck.objects.filter(customer_id__in=list(customer_ids))
    latest = rows.order_by("customer_id", "-id").distinct("customer_id")
    return {row.customer_id: row for row in latest}


def due_checks(*, at: datetime, limit: int) -> Sequence[VatIdCheck]:
    """Return the checks that are to be repeated by now."""
    due = VatIdCheck.objects.filter(next_check_at__lte=at).order_by("next_check_at")
    return list(due.select_related("customer__seller")[:limit])
