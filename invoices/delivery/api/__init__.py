"""Deliveries over HTTP: endpoints, what was delivered, downloads, and how all that is wanted."""

from invoices.delivery.api import deliveries, documents, endpoints, wishes

urlpatterns = [
    *endpoints.urlpatterns,
    *deliveries.urlpatterns,
    *documents.urlpatterns,
    *wishes.urlpatterns,
]
customer_urlpatterns = wishes.customer_urlpatterns
