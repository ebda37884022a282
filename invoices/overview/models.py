"""What was counted by day, so that a page needn't add up millions of rows."""

from django.db import models
from django.db.models import Q

from billing.sellers.models import Seller
from invoices.issuing.models import NumberSeries


class DayFigure(models.Model):
    """
    How many there were of something on a seller's day, and what they came to.

    Derived: counted anew from the facts it comes to the same.
    """

    class Measure(models.TextChoices):
        """What is counted."""

        INVOICES = "invoices", "invoices issued, net"
        CREDIT_NOTES = "credit_notes", "credit notes issued, net"
        DUE = "due", "invoices that fall due, payable"
        EVENTS = "events", "events of the day"
        FAILURES = "failures", "failures of events of the day"

    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField(help_text="The seller's.")
    measure = models.CharField(max_length=12, choices=Measure)
    currency = models.CharField(max_length=3, blank=True, help_text="Empty: no money is counted.")
    count = models.PositiveBigIntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "day", "measure", "currency"], name="day_figure_once"
            ),
            models.CheckConstraint(
                condition=Q(measure__in=["invoices", "credit_notes", "due"]) & ~Q(currency="")
                | Q(measure__in=["events", "failures"], currency="", amount_minor=0),
                name="day_figure_of_money_has_currency",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.count} {self.measure}"


class CountedSeries(models.Model):
    """Up to which of its documents a number series is counted."""

    series = models.OneToOneField(NumberSeries, models.PROTECT, related_name="counted")
    sequence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series} until {self.sequence}"


class CountedLog(models.Model):
    """Up to which event and which failure a seller's log is counted."""

    seller = models.OneToOneField(Seller, models.PROTECT, related_name="+")
    event_position = models.BigIntegerField(default=0)
    failure_id = models.UUIDField(null=True, help_text="Ids of failures grow with time.")

    def __str__(self) -> str:
        return f"{self.seller} until {self.event_position}"
