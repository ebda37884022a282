"""The documents that demand what was charged, and their numbers."""

from django.db import models
from django.db.models import F, Q, Value

from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.events.models import Event
from billing.ids import new_id
from billing.pricing.conversion import RATE_PLACES
from billing.sellers.models import Seller

KINDS = [("invoice", "invoice"), ("credit_note", "credit note")]
CORRECTION_KINDS = [("cancellation", "cancellation"), ("correction", "correction")]


class NumberSeries(models.Model):
    """The counter of a seller's documents of one kind in one year; locked last, never skips."""

    seller = models.ForeignKey(Seller, models.PROTECT, related_name="number_series", db_index=False)
    kind = models.CharField(max_length=11, choices=KINDS)
    series = models.CharField(max_length=20, blank=True, help_text="Empty: the main series.")
    year = models.PositiveSmallIntegerField()
    latest_sequence = models.BigIntegerField(default=0)
    latest_date = models.DateField(null=True, help_text="Issue date of the latest document.")
    latest_hash = models.CharField(max_length=64, help_text="Hash of the latest document.")

    class Meta:
        verbose_name_plural = "number series"
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "kind", "series", "year"], name="number_series_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.series} {self.year}".replace("  ", " ")


class Invoice(models.Model):
    """
    A numbered document, an invoice or a credit note, as it was issued: never changed.

    Its lines are its charges. Figures of a credit note are negative. `hash` is the SHA-256 of the
    canonical content, which holds `previous_hash`: the chain of its series.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(
        Seller,
        models.PROTECT,
        related_name="invoices",
        db_constraint=False,  # Its customer is of the same one.
        db_index=False,
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="invoices", db_constraint=False, db_index=False
    )
    contract = models.ForeignKey(
        Contract,
        models.PROTECT,
        null=True,
        related_name="invoices",
        db_constraint=False,
        db_index=False,
    )
    event = models.ForeignKey(Event, models.PROTECT, related_name="invoices", db_index=False)
    transaction_id = models.UUIDField()
    kind = models.CharField(max_length=11, choices=KINDS)
    series = models.ForeignKey(
        NumberSeries, models.PROTECT, related_name="invoices", db_index=False
    )
    sequence = models.BigIntegerField(help_text="1, 2, 3 … within the series.")
    number = models.CharField(max_length=60)
    issue_date = models.DateField()
    due_date = models.DateField()
    currency = models.CharField(max_length=3)
    seller_as_printed = models.JSONField()
    customer_as_printed = models.JSONField()
    corrects = models.JSONField(
        default=list, help_text="Numbers and dates of the invoices that a credit note corrects."
    )
    corrected_invoice = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="corrections",
        db_index=False,
        help_text="What a credit note that was ordered takes back, wholly or in part.",
    )
    correction_kind = models.CharField(
        max_length=12,
        blank=True,
        default="",
        choices=CORRECTION_KINDS,
        help_text="Of a credit note that was ordered: whether it takes back all that was left.",
    )
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    prepaid_minor = models.BigIntegerField(help_text="Used of the balance. EN 16931 BT-113.")
    payable_minor = models.BigIntegerField(help_text="What is left to pay. EN 16931 BT-115.")
    settled_minor = models.BigIntegerField(
        default=0,
        help_text="Of a credit note that was ordered: what it settles of the invoice it corrects.",
    )
    taxes = models.JSONField(help_text="Per category and rate: base_minor and tax_minor.")
    accounting_currency = models.CharField(
        max_length=3,
        blank=True,
        default="",
        db_default="",
        help_text="The seller's, where it isn't the document's and a rate is known. EN 16931 BT-6.",
    )
    exchange_rate = models.DecimalField(
        max_digits=36,
        decimal_places=RATE_PLACES,
        null=True,
        help_text="Units of the document's currency for one of the accounting currency.",
    )
    exchange_rate_date = models.DateField(null=True, help_text="Of a month's rate its first day.")
    exchange_rate_source = models.CharField(
        max_length=500, blank=True, default="", db_default="", help_text="Who published it."
    )
    accounting_tax_minor = models.BigIntegerField(
        null=True, help_text="VAT in the accounting currency, if it shows any. EN 16931 BT-111."
    )
    accounting_taxes = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), help_text="Its parts, as in taxes."
    )
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "sequence"], name="invoice_sequence_once"),
            models.UniqueConstraint(fields=["seller", "number"], name="invoice_number_once"),
            # Lists; and what is told of an invoice refers to one of the same seller.
            models.UniqueConstraint(fields=["seller", "id"], name="invoice_by_seller"),
            # Only a day on which charges in several currencies are collected makes several.
            models.UniqueConstraint(fields=["event", "currency"], name="invoice_of_event_once"),
            models.CheckConstraint(
                condition=Q(gross_minor=F("net_minor") + F("tax_minor")),
                name="invoice_total_is_net_plus_tax",
            ),
            models.CheckConstraint(
                condition=Q(payable_minor=F("gross_minor") - F("prepaid_minor"))
                & Q(prepaid_minor__gte=0)
                & (Q(prepaid_minor=0) | Q(prepaid_minor__lte=F("gross_minor"))),
                name="invoice_payable_is_gross_less_prepaid",
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", gross_minor__gte=0)
                | Q(kind="credit_note", gross_minor__lt=0)
                | Q(kind="credit_note", gross_minor=0, corrected_invoice__isnull=False),
                name="invoice_kind_by_sign",
            ),
            models.CheckConstraint(
                condition=Q(corrected_invoice__isnull=True, correction_kind="", settled_minor=0)
                | Q(
                    corrected_invoice__isnull=False,
                    kind="credit_note",
                    correction_kind__in=["cancellation", "correction"],
                    settled_minor__gte=0,
                    settled_minor__lte=-F("gross_minor"),
                ),
                name="invoice_correction_wholly_said",
            ),
            models.CheckConstraint(
                condition=Q(
                    accounting_currency="",
                    exchange_rate__isnull=True,
                    exchange_rate_date__isnull=True,
                    exchange_rate_source="",
                    accounting_tax_minor__isnull=True,
                    accounting_taxes=[],
                )
                | Q(exchange_rate__isnull=False, exchange_rate_date__isnull=False)
                & Q(exchange_rate__gt=0)
                & ~Q(accounting_currency="")
                & ~Q(accounting_currency=F("currency"))
                & ~Q(exchange_rate_source="")
                & (
                    Q(accounting_tax_minor__isnull=False)
                    | Q(accounting_tax_minor__isnull=True, accounting_taxes=[])
                ),
                name="invoice_exchange_wholly_said",
            ),
            models.CheckConstraint(
                condition=Q(sequence__gte=1) & Q(due_date__gte=F("issue_date")),
                name="invoice_sequence_and_dates",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "id"], name="invoice_by_customer"),  # Customer's page.
            models.Index(fields=["contract", "id"], name="invoice_by_contract"),  # Contract's page.
            # Lists by filter: days of issue; days on which they are due; currency; amounts in it.
            models.Index(fields=["seller", "issue_date", "id"], name="invoice_by_issue"),
            models.Index(fields=["seller", "due_date", "id"], name="invoice_by_due_date"),
            models.Index(fields=["seller", "currency", "id"], name="invoice_by_currency"),
            models.Index(
                fields=["seller", "currency", "gross_minor", "id"], name="invoice_by_amount"
            ),
            # Lists of a seller's credit notes, which are few: all, and of some days of issue.
            models.Index(
                fields=["seller", "id"],
                name="invoice_credit_notes",
                condition=Q(kind="credit_note"),
            ),
            models.Index(
                fields=["seller", "issue_date", "id"],
                name="invoice_credit_notes_by_issue",
                condition=Q(kind="credit_note"),
            ),
            # The story of a transaction.
            models.Index(fields=["transaction_id"], name="invoice_of_transaction"),
            models.Index(
                fields=["corrected_invoice"],
                name="invoice_correction_of",
                condition=Q(corrected_invoice__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number
