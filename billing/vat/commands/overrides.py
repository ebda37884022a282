"""Recording what a seller decides of VAT itself, and ending it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.catalog.models import Product
from billing.customers.models import Customer
from billing.pricing.exemptions import category_of_code
from billing.pricing.refused import Refused
from billing.sellers.models import Seller
from billing.sellers.queries import today
from billing.vat.models import TaxOverride


class ContradictoryOverride(Refused):
    """An override's terms exclude each other; the text names the remedy."""


class OverrideEndsTooEarly(Exception):
    """An override can only end on a day that is still to come: what was charged stays."""

    field = "valid_until"


class OverrideEndedAlready(Exception):
    """The last day of an override is set once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOverride:
    """
    An override to be recorded. What isn't given isn't asked for.

    Without `valid_from` it holds from the seller's today.
    """

    category: str
    reason: str
    percent: Decimal = Decimal(0)
    customer: Customer | None = None
    product: Product | None = None
    tax_class: str = ""
    country: str = ""
    exemption_code: str = ""
    exemption_text: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


def record_override(*, seller: Seller, new: NewOverride, by: str, at: datetime) -> TaxOverride:
    """
    Record that a seller decides itself how certain supplies are taxed, from now on.

    :raises ContradictoryOverride: if its terms exclude each other.
    """
    valid_from = new.valid_from or today(seller, at=at)
    for name, problem in _problems(new, valid_from):
        raise ContradictoryOverride(problem, field=name)
    return TaxOverride.objects.create(
        seller=seller,
        customer=new.customer,
        product=new.product,
        tax_class=new.tax_class,
        country=new.country,
        category=new.category,
        percent=new.percent,
        exemption_code=new.exemption_code,
        exemption_text=new.exemption_text,
        reason=new.reason,
        valid_from=valid_from,
        valid_until=new.valid_until,
        ended_at=at if new.valid_until else None,
        recorded_by=by,
        created_at=at,
    )


@transaction.atomic
def end_override(*, override_id: UUID, valid_until: date, at: datetime) -> TaxOverride:
    """
    End an override: `valid_until` is the first day of supply without it.

    :raises OverrideEndsTooEarly: if that day isn't after the seller's today, or its first day.
    :raises OverrideEndedAlready: if it has an end.
    """
    rows = TaxOverride.objects.select_for_update(of=("self",)).select_related("seller")
    override = rows.get(pk=override_id)
    if override.valid_until:
        raise OverrideEndedAlready(f"The override ends on {override.valid_until} already.")
    held_until = max(today(override.seller, at=at), override.valid_from)
    if valid_until <= held_until:
        raise OverrideEndsTooEarly(
            f"The override may have decided supplies up to {held_until}: end it on a later day."
        )
    override.valid_until, override.ended_at = valid_until, at
    override.save(update_fields=["valid_until", "ended_at"])
    return override


def _problems(new: NewOverride, valid_from: date) -> Iterator[tuple[str, str]]:
    if new.category == "S" and not 0 < new.percent < 100:
        yield "percent", "Category S is taxed: give a percent of more than 0, and less than 100."
    if new.category != "S" and new.percent:
        yield "percent", f"Category {new.category} bears no tax: leave the percent out."
    if new.category == "E" and not (new.exemption_text or new.exemption_code):
        yield "exemption_text", "An exemption must say why: give its paragraph, or its code."
    if new.category in ("S", "Z") and (new.exemption_text or new.exemption_code):
        name = "exemption_text" if new.exemption_text else "exemption_code"
        yield name, f"Category {new.category} is no exemption: leave its reason out."
    yield from _code_problems(new)
    if not new.reason.strip():
        yield "reason", "Say why the seller decides so: an auditor will ask."
    if new.valid_until and new.valid_until <= valid_from:
        yield "valid_until", f"The override begins on {valid_from}: its end must lie after that."


def _code_problems(new: NewOverride) -> Iterator[tuple[str, str]]:
    category = category_of_code(new.exemption_code)
    if category and category != new.category:
        problem = f"{new.exemption_code} is a reason of category {category}, not {new.category}"
        yield "exemption_code", f"{problem}: give another, or leave it out."
