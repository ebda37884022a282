"""The catalog: `/products`, `/plans`, `/prices`."""

from billing.catalog.api import plans, prices, products

urlpatterns = [*products.urlpatterns, *plans.urlpatterns, *prices.urlpatterns]
