"""Who pays."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from billing.ids import new_id
from billing.sellers.models import Seller, check_country

GROUPINGS = ["per_event", "per_day", "monthly"]


class Customer(models.Model):
    """A business or consumer that a seller bills; invoices freeze a copy."""

    class Kind(models.TextChoices):
        """Whether the customer buys as a business or as a consumer."""

        BUSINESS = "business"
        CONSUMER = "consumer"

    class CreditNotesTo(models.TextChoices):
        """What becomes of money that a credit note gives back."""

        BALANCE = "balance", "balance: for the next invoices"
        PAYOUT = "payout", "payout"

    class ApplyBalance(models.TextChoices):
        """Whether invoices use the balance by themselves."""

        AUTOMATIC = "automatic", "automatic: each invoice uses it"
        MANUAL = "manual", "manual: it is kept"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="customers")
    external_id = models.CharField(
        max_length=100, null=True, blank=True, help_text="The caller's own id."
    )
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=Kind)
    email = models.EmailField(blank=True)
    street = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, validators=[check_country])
    vat_id = models.CharField("VAT id", max_length=20, blank=True)
    locale = models.CharField(max_length=10, help_text="Language of what the customer reads.")
    payment_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Days until an invoice is due; empty: the seller's."
    )
    grouping = models.CharField(
        max_length=9,
        choices=[(value, value.replace("_", " ")) for value in GROUPINGS],
        default="per_event",
        help_text="What is put onto one invoice: each event's charges, a day's, or a month's.",
    )
    invoice_day = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
        help_text="Day of the monthly invoice; 31 means the last day where shorter.",
    )
    credit_notes_to = models.CharField(
        max_length=7, choices=CreditNotesTo, default=CreditNotesTo.BALANCE
    )
    apply_balance = models.CharField(
        max_length=9, choices=ApplyBalance, default=ApplyBalance.AUTOMATIC
    )
    next_collection_date = models.DateField(
        null=True,
        editable=False,
        help_text="Day at whose end its waiting charges are collected; empty: none waits.",
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "external_id"], name="customer_external_id_once"
            ),
            models.CheckConstraint(
                condition=Q(grouping__in=GROUPINGS, invoice_day__range=(1, 31)),
                name="customer_grouping_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    credit_notes_to__in=["balance", "payout"],
                    apply_balance__in=["automatic", "manual"],
                ),
                name="customer_balance_known",
            ),
        ]
        indexes = [
            # List of a seller's customers in stable order.
            models.Index(fields=["seller", "id"], name="customer_by_seller"),
            # The scheduler's scan: its cost is the number of customers of whom something waits.
            models.Index(
                fields=["seller", "next_collection_date"],
                name="customer_to_collect",
                condition=Q(next_collection_date__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.external_id})" if self.external_id else self.name
