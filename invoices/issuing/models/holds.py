"""Documents that a second pair of eyes sees before they are issued: rules, holds, decisions."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from billing.customers.models import Customer
from billing.events.models import Event, Failure
from billing.ids import new_id
from billing.sellers.models import Seller
from billing.sellers.models.sellers import CURRENCY


class HoldRule(models.Model):
    """When a seller wants a document approved before it is issued: a fact, ended once."""

    class Kind(models.TextChoices):
        """What is held."""

        AMOUNT = "amount", "invoices above an amount"
        UNUSUAL = "unusual", "invoices unlike those before of the contract"
        FIRST_INVOICE = "first_invoice", "the first invoice of a customer"
        CREDIT_NOTE = "credit_note", "credit notes above an amount"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="hold_rules", db_index=False)
    kind = models.CharField(max_length=13, choices=Kind)
    currency = models.CharField(
        max_length=3,
        blank=True,
        default="",
        validators=[CURRENCY],
        help_text="Of the amount: documents in other currencies need a rule of their own.",
    )
    limit_minor = models.BigIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Gross, in minor units; what comes to more is held.",
    )
    factor = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="How many usual spreads from the median are still usual.",
    )
    tolerance_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Of the median: so much is usual, however little the invoices differed.",
    )
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Set once.")
    ended_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        verbose_name = "approval rule"
        constraints = [
            # A seller's rules, which each document is held against.
            models.UniqueConstraint(
                fields=["seller", "kind", "currency"],
                condition=Q(ended_at__isnull=True),
                name="hold_rule_once",
                violation_error_message="Such a rule holds already: end it first.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["amount", "credit_note"], limit_minor__gte=0)
                & ~Q(currency="")
                & Q(factor__isnull=True, tolerance_percent__isnull=True)
                | Q(kind="unusual", factor__gt=0, tolerance_percent__gte=0)
                & Q(currency="", limit_minor__isnull=True)
                | Q(kind="first_invoice", currency="", limit_minor__isnull=True)
                & Q(factor__isnull=True, tolerance_percent__isnull=True),
                name="hold_rule_wholly_said",
                violation_error_message="A rule on amounts has an amount and its currency, one on "
                "unusual invoices a factor and a tolerance, the others nothing.",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="")
                | Q(ended_at__gte=F("created_at")) & ~Q(ended_by=""),
                name="hold_rule_ended_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Hold(models.Model):
    """
    That an event's documents wait for approval, as they would have been issued: a fact.

    It is of a failure of the event, and as long open: the event waits for a decision as for any
    other mending, and the contract with it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    failure = models.OneToOneField(Failure, models.PROTECT, related_name="hold")
    event = models.ForeignKey(Event, models.PROTECT, related_name="holds")
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="holds", db_constraint=False
    )
    findings = models.JSONField(help_text="By which rules, with the figures that they compared.")
    documents = models.JSONField(help_text="The documents with their lines, as they would be.")
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of the documents: just these are approved."
    )
    opened_at = models.DateTimeField()

    class Meta:
        verbose_name = "approval"
        permissions = [
            ("approve_hold", "Can approve what is held"),
            ("reject_hold", "Can reject what is held"),
        ]
        constraints = [
            # Lists, newest first; and a decision refers to a hold of the same seller.
            models.UniqueConstraint(fields=["seller", "id"], name="hold_by_seller"),
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.failure.reason}"


class HoldDecision(models.Model):
    """What someone decided of a hold: a fact."""

    class Kind(models.TextChoices):
        """How it was decided."""

        APPROVED = "approved", "approved: it is issued as it was shown"
        REJECTED = "rejected", "rejected: it is not issued"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    hold = models.OneToOneField(Hold, models.PROTECT, related_name="decision")
    kind = models.CharField(max_length=8, choices=Kind)
    reason = models.TextField(blank=True, help_text="A rejection says why.")
    decided_by = models.CharField(max_length=150)
    decided_by_id = models.BigIntegerField(help_text="Id of the user.")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="approved") | Q(kind="rejected") & ~Q(reason=""),
                name="hold_decision_wholly_said",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.decided_by}"
