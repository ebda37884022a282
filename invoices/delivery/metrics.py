"""Figures of deliveries, for Prometheus: counted once it is committed what became of them."""

from prometheus_client import Counter, Histogram

from billing.events.commits import after_commit
from invoices.delivery.models import Delivery
from invoices.delivery.models.deliveries import CHANNELS

DELIVERIES = Counter("anlass_deliveries", "Deliveries that came to an end.", ["channel", "outcome"])
TRIES = Histogram(
    "anlass_delivery_attempt_seconds",
    "Tries to deliver: how long each took.",
    ["channel", "outcome"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60),
)

# Told from the start: Prometheus sees no increase in a figure that begins with one.
for _channel, _ in CHANNELS:
    for _outcome in (Delivery.State.SENT, Delivery.State.WITHHELD, Delivery.State.GIVEN_UP):
        DELIVERIES.labels(_channel, _outcome)


def note_end(channel: str, outcome: str) -> None:
    """Count a delivery that is sent, withheld or given up."""
    after_commit(lambda: DELIVERIES.labels(channel, outcome).inc())


def note_try(channel: str, outcome: str, seconds: float) -> None:
    """Observe a try, however it ended."""
    after_commit(lambda: TRIES.labels(channel, outcome).observe(max(seconds, 0.0)))
