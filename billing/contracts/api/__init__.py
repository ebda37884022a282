"""What was agreed: `/contracts`, `/subscriptions` and their changes, `/coupons`."""

from billing.contracts.api import contracts, coupons, subscriptions

urlpatterns = [*contracts.urlpatterns, *coupons.urlpatterns, *subscriptions.urlpatterns]
