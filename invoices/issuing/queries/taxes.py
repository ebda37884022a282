"""The tax of a charge: as the pure engine's value, and as columns."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from billing.catalog.models import Price
from billing.pricing.taxes import Supply, SupplyKind, Tax
from invoices.issuing.models import Charge


def tax_of(charge: Charge) -> Tax:
    """Return the tax that is stored on a charge, with its reason."""
    return Tax(
        charge.tax_category,
        charge.tax_percent,
        exemption_code=charge.exemption_code,
        exemption_text=charge.exemption_text,
        override_id=str(charge.tax_override_id or ""),
        seller_vat_id=charge.seller_vat_id,
    )


def supplies_of(charges: Sequence[Charge]) -> list[Supply]:
    """
    Return what decides the tax of each charge that waits for its document.

    The reason of an exemption is that of the price, or of the order's line: not what the charge
    bears, which its parties may have decided.
    """
    first = _first_prices(charges)
    return [
        _supply(charge, charge.price or first.get((charge.plan_id, charge.currency)))
        for charge in charges
    ]


def _supply(charge: Charge, price: Price | None) -> Supply:
    line = charge.order_line
    source = price or line
    product_id = (price.product_id or (price.plan and price.plan.product_id)) if price else None
    return Supply(
        tax_class=charge.tax_class,
        kind=SupplyKind(charge.supply),
        exemption_code=source.exemption_code if source else "",
        exemption_text=source.exemption_text if source else "",
        product_id=str(product_id or (line and line.product_id) or ""),
    )


def _first_prices(charges: Sequence[Charge]) -> dict[tuple[UUID | None, str], Price]:
    """Return by plan and currency the price by which a minimum commitment is taxed: the first."""
    plans = {charge.plan_id for charge in charges if not charge.price_id and charge.plan_id}
    if not plans:
        return {}
    prices = Price.objects.filter(plan__in=plans).select_related("plan")
    first = prices.order_by("plan_id", "currency", "id").distinct("plan_id", "currency")
    return {(price.plan_id, price.currency): price for price in first}


def tax_columns(tax: Tax) -> dict[str, Any]:
    """Return a tax as values of a charge's columns."""
    return {
        "tax_category": tax.category,
        "tax_percent": tax.percent,
        "exemption_code": tax.exemption_code,
        "exemption_text": tax.exemption_text,
        "seller_vat_id": tax.seller_vat_id,
        "tax_override_id": UUID(tax.override_id) if tax.override_id else None,
    }
