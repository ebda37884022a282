"""Billing runs: what a seller's day made due, and how far it got."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext

from billing.ids import new_id
from billing.sellers.models import Seller


class BillingRun(models.Model):
    """
    What a seller's day made due: its contracts whose periods turned, or customers' days that ended.

    Its events are those of its type, up to its day, that carry `started_at` as the instant at which
    they occurred: those that it appended, and in their place the missed days that follow them. What
    is done of it is noted now and then while it runs, and frozen when nothing waits any more.
    """

    class Kind(models.TextChoices):
        """What was due."""

        PERIODS = "periods", "periods of contracts"
        DAYS = "days", "customers' collected charges"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="billing_runs", db_index=False)
    kind = models.CharField(max_length=7, choices=Kind)
    day = models.DateField(help_text="Up to which day, the seller's, it was due.")
    started_at = models.DateTimeField()
    total = models.PositiveBigIntegerField(help_text="Events that it appended: what was due.")
    is_appending = models.BooleanField(help_text="Whether more of what is due is still read.")
    reading = models.JSONField(null=True, help_text="Where reading it goes on.")
    read_at = models.DateTimeField(null=True, help_text="When it was last read to the end.")
    done = models.PositiveBigIntegerField(
        null=True, help_text="How many were billed with all that follows, or written off."
    )
    failed = models.PositiveBigIntegerField(null=True, help_text="How many had failed.")
    counted_at = models.DateTimeField(
        null=True, help_text="When it was counted what is done, and what failed."
    )
    finished_at = models.DateTimeField(null=True, help_text="When none of them waited any more.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "kind", "day"], name="billing_run_once_a_day"
            ),
            # By this its events are found.
            models.UniqueConstraint(
                fields=["seller", "kind", "started_at"], name="billing_run_starts_alone"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["periods", "days"], total__gt=0),
                name="billing_run_of_something",
            ),
            models.CheckConstraint(
                condition=Q(is_appending=True, reading__isnull=False)
                | Q(is_appending=False, reading__isnull=True, read_at__isnull=False),
                name="billing_run_is_read",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True)
                | Q(is_appending=False, counted_at__isnull=False, total=F("done") + F("failed")),
                name="billing_run_finished_wholly",
            ),
            models.CheckConstraint(
                condition=Q(counted_at__isnull=True, done__isnull=True, failed__isnull=True)
                | Q(
                    counted_at__isnull=False,
                    done__isnull=False,
                    failed__isnull=False,
                    total__gte=F("done") + F("failed"),
                ),
                name="billing_run_counted_wholly",
            ),
        ]
        indexes = [
            # Lists, newest first.
            models.Index(fields=["seller", "id"], name="billing_run_by_seller"),
            # The scheduler, and what watches over it. Holds only what runs.
            models.Index(
                fields=["seller", "kind"],
                name="billing_run_running",
                condition=Q(finished_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        said = gettext("{kind} until {day}")
        return said.format(kind=self.get_kind_display(), day=self.day)
