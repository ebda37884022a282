"""Writes of deliveries."""

from invoices.delivery.commands.again import NotToldOf
from invoices.delivery.commands.deliver import deliver
from invoices.delivery.commands.due import order_due_tries
from invoices.delivery.commands.endpoints import (
    EndpointNotEnabled,
    Limits,
    NotOfCustomer,
    Only,
    TooManyEndpoints,
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    rotate_secret,
)
from invoices.delivery.commands.links import fetch_by_link, make_link, revoke_link
from invoices.delivery.commands.plan import plan_deliveries
from invoices.delivery.commands.prune import AT_ONCE as PRUNED_AT_ONCE
from invoices.delivery.commands.prune import prune_webhooks
from invoices.delivery.commands.replay import Replayed, Stretch, replay
from invoices.delivery.commands.resend import (
    DeliveryNotResendable,
    EventNotPublic,
    resend,
    send_invoice,
    tell_event,
    try_endpoint,
)
from invoices.delivery.commands.wishes import set_mail_style, set_wish

__all__ = [
    "PRUNED_AT_ONCE",
    "DeliveryNotResendable",
    "EndpointNotEnabled",
    "EventNotPublic",
    "Limits",
    "NotOfCustomer",
    "NotToldOf",
    "Only",
    "Replayed",
    "Stretch",
    "TooManyEndpoints",
    "change_endpoint",
    "create_endpoint",
    "delete_endpoint",
    "deliver",
    "disable_endpoint",
    "enable_endpoint",
    "fetch_by_link",
    "make_link",
    "order_due_tries",
    "plan_deliveries",
    "prune_webhooks",
    "replay",
    "resend",
    "revoke_link",
    "rotate_secret",
    "send_invoice",
    "set_mail_style",
    "set_wish",
    "tell_event",
    "try_endpoint",
]
