"""What is sent to whom, by which channel, and how each try went."""

from invoices.delivery.models.deliveries import Delivery, DeliveryAttempt
from invoices.delivery.models.downloads import DownloadLink
from invoices.delivery.models.endpoints import WebhookEndpoint, WebhookSecret
from invoices.delivery.models.wishes import DeliveryWish, MailStyle

__all__ = [
    "Delivery",
    "DeliveryAttempt",
    "DeliveryWish",
    "DownloadLink",
    "MailStyle",
    "WebhookEndpoint",
    "WebhookSecret",
]
