"""Rates of exchange: those that are published, and a seller's own."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from billing.ids import new_id
from billing.sellers.models import CURRENCY, Seller

DAY, MONTH = "day", "month"
PERIODS = [(DAY, "a day"), (MONTH, "a month's average")]
ECB, BMF = "ECB", "BMF"
SOURCES = [
    (ECB, "European Central Bank, of a day"),
    (BMF, "Bundesministerium der Finanzen, of a month"),
]
SMALLEST = Decimal("0.000000000001")


class Rate(models.Model):
    """
    A rate of exchange of a day, or of a month by its first day; a fact.

    `rate` is how many units of `currency` one unit of `base` costs, as the ECB and the BMF publish
    it: 1.0823 for USD and EUR says that 1 EUR costs 1.0823 USD.
    """

    currency = models.CharField(max_length=3, validators=[CURRENCY], help_text="For example USD.")
    base = models.CharField(
        max_length=3, validators=[CURRENCY], help_text="Of which one unit costs it: EUR."
    )
    rate = models.DecimalField(
        max_digits=24,
        decimal_places=12,
        validators=[MinValueValidator(SMALLEST)],
        help_text="Units of the currency for one of the base, as the ECB publishes it: 1.0823.",
    )
    period = models.CharField(max_length=5, choices=PERIODS)
    day = models.DateField(help_text="For which it holds; of a month its first.")
    created_at = models.DateTimeField()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(rate__gt=0) & ~Q(currency=models.F("base")),
                name="%(class)s_of_two_currencies",
                violation_error_message="A rate is above zero, and between two currencies.",
            ),
            models.CheckConstraint(
                condition=Q(period="day") | Q(period="month", day__day=1),
                name="%(class)s_of_a_day_or_month",
                violation_error_message="A month is named by its first day.",
            ),
        ]

    def __str__(self) -> str:
        shown = f"{self.day:%Y-%m}" if self.period == MONTH else str(self.day)
        return f"{shown}: 1 {self.base} = {self.rate.normalize():f} {self.currency}"


class ExchangeRate(Rate):
    """A rate that the ECB (of a day) or the BMF (of a month) publishes. Shared by all sellers."""

    source = models.CharField(max_length=3, choices=SOURCES)

    class Meta(Rate.Meta):
        constraints = [
            *Rate.Meta.constraints,
            models.UniqueConstraint(
                fields=["currency", "period", "day"], name="exchange_rate_published_once"
            ),
            models.CheckConstraint(
                condition=Q(base="EUR")
                & (Q(source="ECB", period="day") | Q(source="BMF", period="month")),
                name="exchange_rate_by_its_publisher",
                violation_error_message="For one euro: the ECB publishes rates of days, the BMF "
                "those of months.",
            ),
        ]


class OwnExchangeRate(Rate):
    """
    A seller's own rate with its source: it comes before one that was published for the same day.

    Of several for the same day the one that was recorded last counts.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(
        Seller, models.PROTECT, related_name="exchange_rates", db_index=False
    )
    source = models.CharField(
        max_length=200, help_text="As printed: whose rate it is, and by what leave it is used."
    )
    recorded_by = models.CharField(max_length=200, help_text="Who entered it.")

    class Meta(Rate.Meta):
        constraints = [
            *Rate.Meta.constraints,
            models.CheckConstraint(condition=~Q(source=""), name="own_exchange_rate_has_source"),
        ]
        indexes = [
            models.Index(
                fields=["seller", "currency", "-day"], name="own_exchange_rate_by_day"
            ),  # The latest of a day.
        ]
