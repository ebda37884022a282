"""The admin pages of this app, listed for Django; each stands in its stage."""

from billing.catalog import admin as catalog
from billing.contracts import admin as contracts
from billing.customers import admin as customers
from billing.exchange import admin as exchange
from billing.orders import admin as orders
from billing.sellers import admin as sellers
from billing.usage import admin as usage
from billing.vat import admin as vat

__all__ = ["catalog", "contracts", "customers", "exchange", "orders", "sellers", "usage", "vat"]
