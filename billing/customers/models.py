"""Who pays."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from billing.columns import address_scheme_column, has_scheme, optional_text
from billing.identifiers import check_buyer_reference, check_iban, check_mandate_reference
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

    class DocumentFormat(models.TextChoices):
        """As what a customer gets its invoices."""

        ZUGFERD = "zugferd", "ZUGFeRD: PDF with the XML in it"
        XRECHNUNG_UBL = "xrechnung_ubl", "XRechnung (UBL)"
        XRECHNUNG_CII = "xrechnung_cii", "XRechnung (CII)"
        PEPPOL = "peppol", "Peppol BIS Billing 3.0"
        PDF = "pdf", "PDF alone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="customers", db_index=False)
    external_id = models.CharField(
        max_length=100, null=True, blank=True, help_text="The caller's own id."
    )
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=Kind)
    contact_name = optional_text(100)
    email = models.EmailField(blank=True)
    phone = optional_text(40)
    street = models.CharField(max_length=200, blank=True)
    address_line_2 = optional_text(200, "Department, floor, post office box.")
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, validators=[check_country])
    vat_id = models.CharField("VAT id", max_length=20, blank=True)
    register_number = optional_text(100, "Of a company: HRB 12345 B.")
    delivery_name = optional_text(200, "Where goods go elsewhere: who receives them there.")
    delivery_street = optional_text(200)
    delivery_postcode = optional_text(20)
    delivery_city = optional_text(100)
    delivery_country = optional_text(
        2, "Decides the VAT of goods; empty: the country.", validators=[check_country]
    )
    buyer_reference = optional_text(
        100,
        "What the customer asks for on its invoices (BT-10): of authorities their Leitweg-ID.",
        validators=[check_buyer_reference],
    )
    electronic_address = optional_text(100, "Where e-invoices to the customer go.")
    electronic_address_scheme = address_scheme_column()
    document_format = models.CharField(
        max_length=13,
        choices=DocumentFormat,
        default=DocumentFormat.ZUGFERD,
        db_default=DocumentFormat.ZUGFERD,
    )
    mandate_reference = optional_text(
        35,
        "Of the SEPA direct debit mandate; empty: it pays by transfer.",
        validators=[check_mandate_reference],
    )
    mandate_iban = optional_text(34, "The account that is debited.", validators=[check_iban])
    mandate_signed_on = models.DateField(null=True, blank=True)
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
            models.CheckConstraint(
                condition=Q(
                    document_format__in=[
                        "zugferd",
                        "xrechnung_ubl",
                        "xrechnung_cii",
                        "peppol",
                        "pdf",
                    ]
                ),
                name="customer_document_format_known",
            ),
            models.CheckConstraint(
                condition=Q(mandate_reference="", mandate_iban="", mandate_signed_on__isnull=True)
                | ~Q(mandate_reference="")
                & ~Q(mandate_iban="")
                & Q(mandate_signed_on__isnull=False),
                name="customer_mandate_complete",
                violation_error_message="A mandate needs its reference, account and date.",
            ),
            models.CheckConstraint(
                condition=~Q(delivery_country="")
                | Q(
                    delivery_name="",
                    delivery_street="",
                    delivery_postcode="",
                    delivery_city="",
                ),
                name="customer_delivery_has_country",
                violation_error_message="An address of delivery needs its country.",
            ),
            has_scheme("customer"),
        ]
        indexes = [
            # Lists by filter: those who were recorded at a time; those with an address.
            models.Index(fields=["seller", "created_at", "id"], name="customer_by_creation"),
            models.Index(fields=["seller", "email", "id"], name="customer_by_email"),
            # The admin's searches: any part of a name, as `icontains` asks for it.
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="customer_by_name"),
            # The scheduler's scan, chunk by chunk: its cost is the number of customers due.
            models.Index(
                fields=["seller", "next_collection_date", "id"],
                name="customer_to_collect",
                condition=Q(next_collection_date__isnull=False),
            ),
            # The same of those who aren't collected for any more: holds only what is left over.
            models.Index(
                fields=["seller", "next_collection_date", "id"],
                name="customer_left_over",
                condition=Q(next_collection_date__isnull=False, grouping="per_event"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.external_id})" if self.external_id else self.name
