"""The catalog: `/products`, `/meters`, `/plans`, `/prices`."""

from billing.catalog.api import meters, plans, prices, products

urlpatterns = [
    *products.urlpatterns,
    *meters.urlpatterns,
    *plans.urlpatterns,
    *prices.urlpatterns,
]
