"""Coupons: discounts that are promised to whoever names their code."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from billing.catalog.models.columns import decimal_column, is_json
from billing.ids import new_id
from billing.sellers.models import CURRENCY, Seller

COUPON_CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$"


def _null_or_listed(name: str) -> Q:
    return Q(**{f"{name}__isnull": True}) | (Q(is_json(name, "array")) & ~Q(**{name: []}))


class Coupon(models.Model):
    """
    A discount that a subscription gets by naming its code. Only its end is set later, once.

    How often it was redeemed is the number of its redemptions.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="coupons", db_index=False)
    code = models.CharField(
        max_length=50,
        validators=[RegexValidator(COUPON_CODE, "Use letters, digits, dots, dashes, underscores.")],
        help_text="What customers name; capital and small letters are alike.",
    )
    percent = decimal_column("Taken off each period; or else an amount.")
    amount = decimal_column("Off each period, in the coupon's currency.")
    currency = models.CharField(
        max_length=3, blank=True, validators=[CURRENCY], help_text="Of the amount."
    )
    periods = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="For how many billing periods; empty: for ever.",
    )
    price_codes = models.JSONField(
        null=True, blank=True, help_text="Codes of the prices it reduces; null: recurring ones."
    )
    plan_codes = models.JSONField(
        null=True, blank=True, help_text="Codes of the plans it is good for; null: all."
    )
    valid_from = models.DateField(help_text="First day on which it can be redeemed.")
    valid_until = models.DateField(
        null=True, blank=True, help_text="First day on which it no longer can; may be set once."
    )
    max_redemptions = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="How often it can be redeemed; empty: without limit.",
    )
    once_per_customer = models.BooleanField(help_text="Whether each customer has it once only.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("seller", Upper("code"), name="coupon_code_once"),
            models.CheckConstraint(condition=Q(code__regex=COUPON_CODE), name="coupon_code_plain"),
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100, amount__isnull=True, currency="")
                | Q(percent__isnull=True, amount__gt=0) & ~Q(currency=""),
                name="coupon_percent_or_amount",
            ),
            models.CheckConstraint(
                condition=(Q(periods__isnull=True) | Q(periods__gte=1))
                & (Q(max_redemptions__isnull=True) | Q(max_redemptions__gte=1)),
                name="coupon_counts_from_one",
            ),
            models.CheckConstraint(
                condition=_null_or_listed("price_codes") & _null_or_listed("plan_codes"),
                name="coupon_codes_listed",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="coupon_validity_forward",
            ),
        ]

    def __str__(self) -> str:
        return self.code
