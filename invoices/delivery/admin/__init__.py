"""Deliveries in the admin: what was sent, where to, and how all that is wanted."""

from invoices.delivery.admin.deliveries import DeliveryAdmin
from invoices.delivery.admin.endpoints import WebhookEndpointAdmin
from invoices.delivery.admin.links import DownloadLinkAdmin
from invoices.delivery.admin.wishes import DeliveryWishAdmin, MailStyleAdmin

__all__ = [
    "DeliveryAdmin",
    "DeliveryWishAdmin",
    "DownloadLinkAdmin",
    "MailStyleAdmin",
    "WebhookEndpointAdmin",
]
