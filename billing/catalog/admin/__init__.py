"""Pages of the catalog: products, plans, meters, prices, coupons and tax rates."""

from billing.catalog.admin.coupons import CouponAdmin
from billing.catalog.admin.plans import MeterAdmin, PlanAdmin, ProductAdmin
from billing.catalog.admin.prices import PriceAdmin
from billing.catalog.admin.taxes import TaxRateAdmin

__all__ = ["CouponAdmin", "MeterAdmin", "PlanAdmin", "PriceAdmin", "ProductAdmin", "TaxRateAdmin"]
