"""Records as they were sent, and the keys by which each is taken once."""

from django.db import models
from django.db.models import Q

from billing.catalog.models import Meter
from billing.contracts.models import Subscription
from billing.ids import new_id
from billing.sellers.models import Seller

BYTEWISE = "C"  # Keys are ordered alike in the database, in Python, and everywhere.


class UsageRecord(models.Model):
    """
    One thing that happened, attributed to a subscription: a fact, partitioned by month of `at`.

    Its references are no foreign keys, which would cost more than the row: those of its bucket,
    written in the same transaction, hold for it. The primary key is the order in which prices look
    at single records.
    """

    pk = models.CompositePrimaryKey("subscription_id", "meter_id", "at", "key")
    seller = models.ForeignKey(
        Seller, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    meter = models.ForeignKey(
        Meter, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    at = models.DateTimeField(help_text="When it happened.")
    key = models.CharField(max_length=200, db_collation=BYTEWISE, help_text="The caller's own.")
    value = models.DecimalField(max_digits=24, decimal_places=12, help_text="As sent; absent: 1.")
    amount = models.DecimalField(
        max_digits=24, decimal_places=12, null=True, help_text="Money, for dynamic prices."
    )
    properties = models.JSONField(help_text="Names with texts.")
    measured = models.DecimalField(
        max_digits=24, decimal_places=12, help_text="The value that the meter takes from it."
    )
    day = models.DateField(help_text="The seller's day on which it happened.")
    rest_microseconds = models.BigIntegerField(help_text="From `at` to the end of that day.")
    recorded_on = models.DateField(help_text="The seller's day since which it counts.")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rest_microseconds__gt=0), name="usage_record_within_day"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class UsageKey(models.Model):
    """A key that a record was sent under, once per seller and meter, and what was sent."""

    pk = models.CompositePrimaryKey("seller_id", "meter_code", "key")
    seller = models.ForeignKey(
        Seller, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    meter_code = models.CharField(
        max_length=100, db_collation=BYTEWISE, help_text="As sent, be it known or not."
    )
    key = models.CharField(max_length=200, db_collation=BYTEWISE)
    payload_hash = models.BinaryField(help_text="BLAKE2b of 16 bytes of what was sent.")
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.meter_code} {self.key}"


class UsageConflict(models.Model):
    """A record that was sent under the key of another: kept, never counted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    meter_code = models.CharField(max_length=100)
    key = models.CharField(max_length=200, db_collation=BYTEWISE)
    payload_hash = models.BinaryField()
    payload = models.JSONField(help_text="The record as sent.")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "meter_code", "key", "payload_hash"],
                name="usage_conflict_kept_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meter_code} {self.key}"
