"""Where a seller's apps want to be told what happened."""

from django.db import models
from django.db.models import F, Q

from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.ids import new_id
from billing.sellers.models import Seller

VERSIONS = ("v1",)  # Of the words in which apps are told; another one is a line and a migration.


class WebhookEndpoint(models.Model):
    """An address of a seller's app that is told of public events."""

    class State(models.TextChoices):
        """Whether it is told anything."""

        ENABLED = "enabled"
        DISABLED = "disabled"
        DELETED = "deleted"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(
        Seller, models.PROTECT, related_name="webhook_endpoints", db_index=False
    )
    url = models.CharField("URL", max_length=500)
    description = models.CharField(max_length=200, blank=True)
    event_types = models.JSONField(help_text="Public types of events; * stands for all.")
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="Only what is of this customer is told; empty: of all, and what is of none.",
    )
    contract = models.ForeignKey(
        Contract,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="Only what is of this contract is told.",
    )
    api_version = models.CharField(
        "API version", max_length=10, help_text="Of what it is told: the latest when it was made."
    )
    state = models.CharField(max_length=8, choices=State, default=State.ENABLED, editable=False)
    failing_since = models.DateTimeField(
        null=True, editable=False, help_text="First failed try since the latest success."
    )
    disabled_at = models.DateTimeField(null=True, editable=False)
    disabled_reason = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "id"], name="webhook_endpoint_of_seller"),
            models.CheckConstraint(
                condition=Q(state="enabled", disabled_at__isnull=True)
                | Q(state__in=["disabled", "deleted"], disabled_at__isnull=False),
                name="webhook_endpoint_disabled_has_time",
            ),
            models.CheckConstraint(
                condition=Q(api_version__in=VERSIONS), name="webhook_endpoint_version_known"
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookSecret(models.Model):
    """
    What an endpoint's messages are signed with; shown once, when it is made.

    It is kept readable, since signing needs it. After a rotation the former one signs too, until
    it expires.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    endpoint = models.ForeignKey(WebhookEndpoint, models.PROTECT, related_name="secrets")
    secret = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, help_text="Empty: it is the current one.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=Q(expires_at__isnull=True),
                name="webhook_secret_current_once",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gte=F("created_at")),
                name="webhook_secret_expires_after_made",
            ),
        ]

    def __str__(self) -> str:
        return f"secret of {self.endpoint_id}"
