"""What can't be attributed: kept until it is mended and replayed."""

from django.db import models
from django.db.models import Q

from billing.events.models import Event
from billing.ids import new_id
from billing.sellers.models import Seller


class Reason(models.TextChoices):
    """Why a record counts for no subscription yet."""

    METER_UNKNOWN = "meter_unknown"
    SUBSCRIPTION_UNKNOWN = "subscription_unknown"
    NOT_RUNNING = "subscription_not_running"
    PROPERTY_MISSING = "property_missing"
    PROPERTY_NOT_NUMBER = "property_not_number"
    IN_FUTURE = "in_future"


class UnattributedUsage(models.Model):
    """
    What one failure tells of: the records that wait for one reason, naming one thing.

    `event` is the one that stays failed while they wait. The row is the lock of what it counts.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=24, choices=Reason)
    named = models.CharField(max_length=104, help_text="The meter or subscription, as sent.")
    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+")
    waiting = models.BigIntegerField(help_text="How many records wait.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "reason", "named"], name="unattributed_usage_told_once"
            ),
            models.CheckConstraint(
                condition=Q(waiting__gte=0), name="unattributed_usage_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.named}"


class UnattributedRecord(models.Model):
    """A record as sent. It never changes, but for why it waits and when it was attributed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    event = models.ForeignKey(
        Event, models.PROTECT, related_name="+", db_index=False, help_text="That tells of it."
    )
    reason = models.CharField(max_length=24, choices=Reason, help_text="As of the latest try.")
    meter_code = models.CharField(max_length=100)
    key = models.CharField(max_length=200, db_collation="C")
    payload = models.JSONField(help_text="The record as sent.")
    recorded_at = models.DateTimeField()
    attributed_at = models.DateTimeField(null=True, help_text="Null while it waits.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "meter_code", "key"], name="unattributed_record_once"
            ),
        ]
        indexes = [
            # The replay: what of an event still waits.
            models.Index(
                fields=["event", "id"],
                name="unattributed_waiting",
                condition=Q(attributed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.key
