"""What is sold, and for how much."""

from billing.catalog.models.columns import TAX_CLASSES
from billing.catalog.models.coupons import Coupon
from billing.catalog.models.prices import Price
from billing.catalog.models.products import AGGREGATIONS, INTERVALS, Meter, Plan, Product
from billing.catalog.models.taxes import TaxRate

__all__ = [
    "AGGREGATIONS",
    "INTERVALS",
    "TAX_CLASSES",
    "Coupon",
    "Meter",
    "Plan",
    "Price",
    "Product",
    "TaxRate",
]
