"""What people have taken back of invoices: corrections, each with its lines."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from billing.ids import new_id
from billing.sellers.models import Seller
from invoices.issuing.models import CORRECTION_KINDS, Charge, Invoice


class Correction(models.Model):
    """
    That someone ordered an invoice to be taken back, wholly or in part: a fact, never changed.

    It becomes a credit note. Of a cancellation that bills again, what is owed by the facts as they
    are then comes on a new invoice; anything else is conceded for good.
    """

    class Settle(models.TextChoices):
        """Where the money goes."""

        INVOICE = "invoice", "the invoice: less is left to pay; what was prepaid to the balance"
        BALANCE = "balance", "the balance: the invoice was paid already"
        PAYOUT = "payout", "payout: the invoice was paid already"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="corrections_ordered")
    kind = models.CharField(max_length=12, choices=CORRECTION_KINDS)
    reason = models.CharField(max_length=300, help_text="As printed.")
    bill_again = models.BooleanField(help_text="Whether what is owed is billed anew.")
    settle = models.CharField(max_length=7, choices=Settle)
    ordered_by = models.CharField(max_length=150)
    ordered_on = models.DateField(help_text="The seller's day.")
    ordered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="")
                & Q(kind__in=["cancellation", "correction"])
                & Q(settle__in=["invoice", "balance", "payout"]),
                name="correction_said",
            ),
            models.CheckConstraint(
                condition=Q(bill_again=False) | Q(kind="cancellation"),
                name="correction_bills_again_wholly",
            ),
        ]

    def __str__(self) -> str:
        said = gettext("{kind} on {day}")
        return said.format(kind=self.get_kind_display(), day=self.ordered_on)


class CorrectionLine(models.Model):
    """How much of a line is taken back: a fact, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    correction = models.ForeignKey(
        Correction,
        models.PROTECT,
        related_name="lines",
        db_index=False,  # The unique constraint begins with it.
    )
    charge = models.ForeignKey(Charge, models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField(
        help_text="With the sign of the line; gross where its price includes tax."
    )
    quantity = models.DecimalField(
        max_digits=30,
        decimal_places=12,
        null=True,
        help_text="Units taken back, where it was said in units.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["correction", "charge"], name="correction_line_once"),
            models.CheckConstraint(
                condition=~Q(amount_minor=0) & (Q(quantity__isnull=True) | Q(quantity__gt=0)),
                name="correction_line_takes_back",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.charge}: {self.amount_minor}"
