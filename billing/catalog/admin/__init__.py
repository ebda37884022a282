"""Pages of the catalog: products, plans, meters, prices and tax rates."""

from billing.catalog.admin.plans import MeterAdmin, PlanAdmin, ProductAdmin
from billing.catalog.admin.prices import PriceAdmin
from billing.catalog.admin.taxes import TaxRateAdmin

__all__ = ["MeterAdmin", "PlanAdmin", "PriceAdmin", "ProductAdmin", "TaxRateAdmin"]
