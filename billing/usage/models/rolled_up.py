"""What records add up to by day: kept as they come, and rebuildable from them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5, Cast

from billing.catalog.models import Meter
from billing.contracts.models import Subscription
from billing.ids import new_id
from billing.sellers.models import Seller
from billing.usage.models.records import BYTEWISE


class UsageBucket(models.Model):
    """
    The records of a subscription and meter of one day, known since one day, of like properties.

    `properties` holds the meter's dimensions only, as canonical JSON: what prices may look at.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(
        Seller, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    meter = models.ForeignKey(
        Meter, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()
    recorded_on = models.DateField()
    properties = models.TextField()
    properties_id = models.GeneratedField(
        expression=Cast(MD5("properties"), models.UUIDField()),
        output_field=models.UUIDField(),
        db_persist=True,
        help_text="Stands for the properties in the index, however long they are.",
    )
    count = models.BigIntegerField()
    total = models.DecimalField(max_digits=40, decimal_places=12)
    amount = models.DecimalField(max_digits=40, decimal_places=12)
    highest = models.DecimalField(max_digits=24, decimal_places=12)
    latest_at = models.DateTimeField()
    latest_key = models.CharField(
        max_length=200, db_collation=BYTEWISE, help_text="Of two at one instant the later key."
    )
    latest = models.DecimalField(max_digits=24, decimal_places=12)
    weighted = models.DecimalField(
        max_digits=50, decimal_places=18, help_text="Sum of value x seconds to the day's end."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "meter", "day", "recorded_on", "properties_id"],
                name="usage_bucket_once",
            ),
            models.CheckConstraint(condition=Q(count__gt=0), name="usage_bucket_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.properties}"


class UsageDistinct(models.Model):
    """A value that a unique count tells apart, once per bucket."""

    pk = models.CompositePrimaryKey(
        "subscription_id", "meter_id", "day", "recorded_on", "properties_id", "value"
    )
    seller = models.ForeignKey(
        Seller, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    meter = models.ForeignKey(
        Meter, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()
    recorded_on = models.DateField()
    properties_id = models.UUIDField()
    value = models.CharField(max_length=300, db_collation=BYTEWISE)

    def __str__(self) -> str:
        return self.value
