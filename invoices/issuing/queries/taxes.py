"""The tax of a charge: as the pure engine's value, and as columns."""

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


def supply_of(charge: Charge) -> Supply:
    """
    Return what decides the tax of a charge that waits for its document.

    The reason of an exemption is that of the price, or of the order's line: not what the charge
    bears, which its parties may have decided.
    """
    price, line = charge.price or _first_price(charge), charge.order_line
    source = price or line
    product_id = (price.product_id or (price.plan and price.plan.product_id)) if price else None
    return Supply(
        tax_class=charge.tax_class,
        kind=SupplyKind(charge.supply),
        exemption_code=source.exemption_code if source else "",
        exemption_text=source.exemption_text if source else "",
        product_id=str(product_id or (line and line.product_id) or ""),
    )


def _first_price(charge: Charge) -> Price | None:
    """Return the price by which a plan's minimum commitment is taxed: its first."""
    if charge.plan_id is None:
        return None
    prices = Price.objects.filter(plan_id=charge.plan_id, currency=charge.currency)
    return prices.select_related("plan").order_by("id").first()


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
