"""Money that a customer has with the seller, movement by movement."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext

from billing.customers.models import Customer
from billing.ids import new_id
from billing.sellers.models import CURRENCY, Seller

BRINGS = ["prepayment", "credit_note", "adjustment"]  # Kinds of which a lot may be.
TAKES = ["applied", "reversed", "expired", "adjustment"]
STATED = ["prepayment", "adjustment", "reversed"]  # By people, with a reason.


class BalanceMovement(models.Model):
    """
    Money that came to a customer's balance, or went from it: a fact, never changed.

    What brings money in is a lot; what takes some away names the lot it comes from. The balance is
    the sum, and no lot goes below zero.
    """

    class Kind(models.TextChoices):
        """What moved the balance."""

        PREPAYMENT = "prepayment"
        CREDIT_NOTE = "credit_note"
        APPLIED = "applied", "applied to an invoice"
        REVERSED = "reversed"
        EXPIRED = "expired"
        ADJUSTMENT = "adjustment"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        related_name="balance_movements",
        db_constraint=False,
        db_index=False,
    )
    kind = models.CharField(max_length=11, choices=Kind)
    currency = models.CharField(max_length=3, validators=[CURRENCY])
    amount_minor = models.BigIntegerField(help_text="In minor units; negative takes away.")
    lot = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="taken",
        db_constraint=False,
        db_index=False,
        help_text="The movement that brought in what this one takes away.",
    )
    rest_minor = models.BigIntegerField(
        null=True, editable=False, help_text="What is left of a lot; the database keeps it."
    )
    # A later stage's row: its foreign key stands in the database alone.
    invoice_id = models.UUIDField(
        null=True, editable=False, help_text="The credit note, or the invoice it was applied to."
    )
    expires_on = models.DateField(
        null=True, blank=True, help_text="First day on which what is left of a lot is lost."
    )
    reason = models.CharField(max_length=500, blank=True)
    booked_on = models.DateField(editable=False, help_text="The seller's day.")
    transaction_id = models.UUIDField(editable=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=BRINGS, lot__isnull=True, amount_minor__gt=0)
                | Q(kind__in=TAKES, lot__isnull=False, amount_minor__lt=0, expires_on__isnull=True),
                name="balance_movement_brings_or_takes",
            ),
            models.CheckConstraint(
                condition=Q(lot__isnull=True, rest_minor__gte=0, rest_minor__lte=F("amount_minor"))
                | Q(lot__isnull=False, rest_minor__isnull=True),
                name="balance_lot_not_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["credit_note", "applied"], invoice_id__isnull=False)
                | ~Q(kind__in=["credit_note", "applied"]) & Q(invoice_id__isnull=True),
                name="balance_movement_of_invoice",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=STATED) | ~Q(reason=""), name="balance_movement_has_reason"
            ),
            models.UniqueConstraint(
                fields=["invoice_id"],
                condition=Q(kind="credit_note"),
                name="balance_credit_note_once",
            ),
            models.UniqueConstraint(
                fields=["invoice_id", "lot"],
                condition=Q(kind="applied"),
                name="balance_lot_applied_once",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "id"], name="balance_by_customer"),
            models.Index(fields=["seller", "id"], name="balance_by_seller"),  # Lists of all.
            # What an invoice may use: empty for customers who have no money here.
            models.Index(
                fields=["customer", "currency"],
                name="balance_open_lots",
                condition=Q(rest_minor__gt=0),
            ),
            models.Index(  # The scheduler's scan.
                fields=["expires_on"],
                name="balance_expiring_lots",
                condition=Q(rest_minor__gt=0, expires_on__isnull=False),
            ),
            models.Index(fields=["lot"], name="balance_of_lot", condition=Q(lot__isnull=False)),
            models.Index(fields=["transaction_id"], name="balance_of_transaction"),
        ]

    def __str__(self) -> str:
        said = gettext("{kind} on {day}")
        return said.format(kind=self.get_kind_display(), day=self.booked_on)
