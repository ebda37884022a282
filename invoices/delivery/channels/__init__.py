"""
The channels: each takes a delivery, sends it, and says how that ended. One shape each.

A channel writes nothing but what it needs itself, raises nothing that it foresees, and may be asked
again for the same delivery: it then sends the same message, under the same id.
"""

from collections.abc import Mapping

from invoices.delivery.channels.download import offer
from invoices.delivery.channels.email import send_email
from invoices.delivery.channels.shape import Channel, Outcome
from invoices.delivery.channels.webhook import post

CHANNELS: Mapping[str, Channel] = {"email": send_email, "webhook": post, "download": offer}

__all__ = ["CHANNELS", "Channel", "Outcome"]
