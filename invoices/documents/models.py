"""The documents that are made of an invoice, and the templates that say how they look."""

from django.db import models
from django.db.models import Q

from billing.ids import new_id
from billing.sellers.models import Seller
from invoices.documents.profiles import Profile
from invoices.issuing.models import Invoice

MEDIA_TYPES = {"pdf": "application/pdf", "xml": "application/xml"}
FORMATS = ["zugferd", "xrechnung_ubl", "xrechnung_cii", "peppol", "pdf"]


class DocumentTemplate(models.Model):
    """
    A version of how a seller's documents look: never changed, the next one replaces it.

    Without any, documents look as the house has it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(
        Seller, models.PROTECT, related_name="document_templates", db_index=False
    )
    version = models.PositiveIntegerField(editable=False, help_text="1, 2, 3 … of the seller.")
    face = models.CharField(max_length=20, help_text="One of the fonts that are shipped.")
    accent_colour = models.CharField(max_length=7, help_text="Of titles and rules: #rrggbb.")
    text_colour = models.CharField(max_length=7)
    muted_colour = models.CharField(max_length=7, help_text="Of what stands back.")
    logo = models.BinaryField(null=True, help_text="SVG, PNG or JPEG of at most 1 MB.")
    logo_height_mm = models.FloatField(default=18.0)
    logo_place = models.CharField(max_length=5, default="right")
    texts = models.JSONField(
        default=dict, help_text="By language (de, en): intro before the lines, closing after them."
    )
    footer = models.JSONField(
        default=list, help_text="Columns of lines at the foot of each page; empty: the seller's."
    )
    columns = models.JSONField(help_text="The columns of the lines' table.")
    shows_explanations = models.BooleanField(default=True)
    shows_code = models.BooleanField("shows QR code", default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "version"], name="document_template_version_once"
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1), name="document_template_version_counts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seller}: template {self.version}"


class Document(models.Model):
    """
    A file that was made of an invoice: its bytes lie in the storage, written once.

    `sha256` proves them; `template_version` and `rule_version` say how they were made.
    """

    class Kind(models.TextChoices):
        """What kind of file it is."""

        PDF = "pdf", "PDF"
        XML = "xml", "XML"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    invoice = models.ForeignKey(
        Invoice,
        models.PROTECT,
        related_name="documents",
        db_constraint=False,
        db_index=False,  # The unique constraint begins with it.
    )
    kind = models.CharField(max_length=3, choices=Kind)
    format = models.CharField(max_length=13, help_text="The profile it keeps; pdf: none.")
    media_type = models.CharField(max_length=40)
    file_name = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="In bytes.")
    sha256 = models.CharField("SHA-256", max_length=64)
    storage_name = models.CharField(max_length=200)
    template_version = models.PositiveIntegerField(help_text="0: as the house has it.")
    rule_version = models.CharField(max_length=60, help_text="By which rules it was checked.")
    why_plain = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="Of a PDF alone in place of ZUGFeRD: which rules it couldn't keep.",
    )
    transaction_id = models.UUIDField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "kind", "format"], name="document_of_invoice_once"
            ),
            models.UniqueConstraint(fields=["storage_name"], name="document_stored_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["pdf", "xml"], format__in=FORMATS), name="document_kind_known"
            ),
        ]
        indexes = [
            # The story of a transaction.
            models.Index(fields=["transaction_id"], name="document_of_transaction"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_within_another(self) -> bool:
        """Whether its bytes lie in the invoice's PDF too, as ZUGFeRD has it."""
        return self.kind == self.Kind.XML and self.format == Profile.ZUGFERD
