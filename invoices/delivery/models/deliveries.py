"""Deliveries and the tries to make them."""

from django.db import models
from django.db.models import F, Q

from billing.columns import optional_text
from billing.events.models import Event
from billing.ids import new_id
from billing.sellers.models import Seller
from invoices.delivery.models.endpoints import WebhookEndpoint
from invoices.issuing.models import Invoice

CHANNELS = [("email", "e-mail"), ("webhook", "webhook"), ("download", "download")]


class Delivery(models.Model):
    """
    Something that is to reach someone by a channel: a fact, but for how far it got.

    `message_id` goes with every try, so that a receiver knows what it has got already.
    """

    class State(models.TextChoices):
        """How far it got."""

        WAITING = "waiting", "waiting: a try is ordered"
        FAILED = "failed", "failed: it is tried again"
        SENT = "sent"
        WITHHELD = "withheld", "withheld: a test seller writes to nobody"
        GIVEN_UP = "given_up", "given up: see its failure"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, related_name="deliveries", db_constraint=False
    )
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        models.PROTECT,
        null=True,
        related_name="deliveries",
        db_constraint=False,
        db_index=False,
    )
    event = models.ForeignKey(
        Event, models.PROTECT, related_name="+", db_index=False, help_text="What it tells of."
    )
    channel = models.CharField(max_length=8, choices=CHANNELS)
    type = models.CharField(max_length=50, help_text="Public type of what it tells.")
    address = models.CharField(max_length=500, blank=True)
    body = models.TextField(blank=True, help_text="Of a webhook, as it is sent.")
    message_id = models.CharField(max_length=320, help_text="The same with every try.")
    idempotency_key = models.CharField(max_length=400)
    resends = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="resent", db_constraint=False
    )
    is_replay = models.BooleanField(default=False, help_text="Whether past events were asked for.")
    transaction_id = models.UUIDField()
    created_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    earlier_tries = models.PositiveIntegerField(
        default=0, help_text="Tries before it was given up for the latest time."
    )
    next_try_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True, help_text="Until when a worker is at it.")
    settled_at = models.DateTimeField(null=True)
    pruned_at = models.DateTimeField(
        null=True, help_text="When the body, and what was said in its tries, was let go."
    )

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["seller", "idempotency_key"], name="delivery_once"),
            models.UniqueConstraint(fields=["seller", "id"], name="delivery_by_seller"),
            models.CheckConstraint(
                condition=Q(channel="webhook", endpoint__isnull=False)
                | Q(channel__in=["email", "download"], invoice__isnull=False, endpoint=None),
                name="delivery_has_target",
            ),
            models.CheckConstraint(
                condition=Q(state="failed", next_try_at__isnull=False, settled_at__isnull=True)
                | Q(state="waiting", next_try_at__isnull=True, settled_at__isnull=True)
                | Q(
                    state__in=["sent", "withheld", "given_up"],
                    next_try_at__isnull=True,
                    settled_at__isnull=False,
                ),
                name="delivery_state_has_times",
            ),
            models.CheckConstraint(
                condition=Q(pruned_at__isnull=True)
                | Q(channel="webhook", body="", pruned_at__gte=F("settled_at")),
                name="delivery_pruned_wholly",
            ),
            models.CheckConstraint(
                condition=Q(tries__gte=F("earlier_tries")), name="delivery_tries_counted"
            ),
        ]
        indexes = [
            # The scheduler: what is to be tried now. Holds only what is to be tried again.
            models.Index(fields=["next_try_at"], name="delivery_due", condition=Q(state="failed")),
            models.Index(fields=["endpoint", "id"], name="delivery_of_endpoint"),
            # The story of a transaction.
            models.Index(fields=["transaction_id"], name="delivery_of_transaction"),
            # A replay: what of an event was sent to an endpoint before.
            models.Index(
                fields=["event", "endpoint"],
                name="delivery_of_event",
                condition=Q(channel="webhook"),
            ),
            # Pruning: what was settled long ago and still holds what was sent.
            models.Index(
                fields=["settled_at"],
                name="delivery_to_prune",
                condition=Q(channel="webhook", pruned_at__isnull=True),
            ),
            # Lists by filter. Of what each invoice has there is some on every page of all.
            models.Index(
                fields=["seller", "state", "id"],
                name="delivery_by_state",
                condition=~Q(state="sent"),
            ),
            models.Index(
                fields=["seller", "type", "id"],
                name="delivery_by_type",
                condition=~Q(type__in=["credit_note.issued", "invoice.issued"]),
            ),
            models.Index(
                fields=["seller", "channel", "id"],
                name="delivery_by_channel",
                condition=~Q(channel="download"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} by {self.channel}"


class DeliveryAttempt(models.Model):
    """
    One try to deliver: recorded before anything is sent, completed once when its end is known.

    One that stays unknown was cut short: whether it reached the receiver, nobody knows.
    """

    class Outcome(models.TextChoices):
        """How it ended."""

        UNKNOWN = "unknown", "unknown: it is under way, or was cut short"
        SENT = "sent"
        WITHHELD = "withheld"
        FAILED = "failed", "failed: a later try may go well"
        REFUSED = "refused", "refused: no try will go well"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    delivery = models.ForeignKey(
        Delivery, models.PROTECT, related_name="attempts", db_constraint=False, db_index=False
    )
    number = models.PositiveIntegerField(help_text="1, 2, 3 … of the delivery.")
    address = optional_text(500, "Where it went: of a webhook, its endpoint's then.")
    worker = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.UNKNOWN)
    status = models.PositiveIntegerField(null=True, help_text="Of HTTP or SMTP.")
    answer = models.TextField(blank=True, help_text="What the receiver said, cut short.")
    ip = models.GenericIPAddressField(
        "IP address", null=True, help_text="Of a webhook: what was connected to."
    )
    milliseconds = models.PositiveIntegerField(null=True, help_text="How long it took.")
    request_headers = models.JSONField(
        default=dict, help_text="Of a webhook, as sent; signatures without what proves them."
    )
    answer_headers = models.JSONField(default=dict, help_text="Of a webhook's answer, cut short.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "number"], name="delivery_attempt_number_once"
            ),
            models.CheckConstraint(
                condition=Q(outcome="unknown", ended_at__isnull=True)
                | ~Q(outcome="unknown") & Q(ended_at__gte=F("started_at")),
                name="delivery_attempt_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"try {self.number}: {self.outcome}"
