"""What was agreed: `/contracts`, `/subscriptions` and their changes."""

from billing.contracts.api import contracts, subscriptions

urlpatterns = [*contracts.urlpatterns, *subscriptions.urlpatterns]
