"""What is sold, and for how much."""

from billing.catalog.models.columns import SUPPLY_KINDS, TAX_CLASS_LENGTH, TAX_CLASSES
from billing.catalog.models.coupons import Coupon
from billing.catalog.models.prices import Price
from billing.catalog.models.products import AGGREGATIONS, INTERVALS, Meter, Plan, Product
from billing.catalog.models.taxes import TaxRate

__all__ = [
    "AGGREGATIONS",
    "INTERVALS",
    "SUPPLY_KINDS",
    "TAX_CLASSES",
    "TAX_CLASS_LENGTH",
    "Coupon",
    "Meter",
    "Plan",
    "Price",
    "Product",
    "TaxRate",
]
