"""The documents of invoices, and the templates that say how they look: facts."""

import billing.ids
import django.db.models.deletion
from django.db import migrations, models

FACTS = """
ALTER TABLE invoices_document
    ADD CONSTRAINT document_invoice_of_same_seller FOREIGN KEY (seller_id, invoice_id)
        REFERENCES invoices_invoice (seller_id, id) DEFERRABLE INITIALLY DEFERRED;
SELECT anlass_make_facts('invoices_document', 'document', '{}');
SELECT anlass_make_facts('invoices_documenttemplate', 'document_template', '{}');
"""
UNDO = """
ALTER TABLE invoices_document DROP CONSTRAINT document_invoice_of_same_seller;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0015_sellers_make_documents"),
        ("invoices", "0007_credits_keep_their_tax"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="invoice", name="invoice_by_seller"),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(fields=("seller", "id"), name="invoice_by_seller"),
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=billing.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("kind", models.CharField(choices=[("pdf", "PDF"), ("xml", "XML")], max_length=3)),
                (
                    "format",
                    models.CharField(help_text="The profile it keeps; pdf: none.", max_length=13),
                ),
                ("media_type", models.CharField(max_length=40)),
                ("file_name", models.CharField(max_length=100)),
                ("size", models.PositiveIntegerField(help_text="In bytes.")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("storage_name", models.CharField(max_length=200)),
                (
                    "template_version",
                    models.PositiveIntegerField(help_text="0: as the house has it."),
                ),
                (
                    "rule_version",
                    models.CharField(help_text="By which rules it was checked.", max_length=60),
                ),
                ("transaction_id", models.UUIDField()),
                ("created_at", models.DateTimeField()),
                (
                    "invoice",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="invoices.invoice",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["transaction_id"], name="document_of_transaction")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("invoice", "kind", "format"), name="document_of_invoice_once"
                    ),
                    models.UniqueConstraint(fields=("storage_name",), name="document_stored_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "format__in",
                                ["zugferd", "xrechnung_ubl", "xrechnung_cii", "peppol", "pdf"],
                            ),
                            ("kind__in", ["pdf", "xml"]),
                        ),
                        name="document_kind_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DocumentTemplate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=billing.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        editable=False, help_text="1, 2, 3 … of the seller."
                    ),
                ),
                (
                    "face",
                    models.CharField(help_text="One of the fonts that are shipped.", max_length=20),
                ),
                (
                    "accent_colour",
                    models.CharField(help_text="Of titles and rules: #rrggbb.", max_length=7),
                ),
                ("text_colour", models.CharField(max_length=7)),
                ("muted_colour", models.CharField(help_text="Of what stands back.", max_length=7)),
                (
                    "logo",
                    models.BinaryField(help_text="SVG, PNG or JPEG of at most 1 MB.", null=True),
                ),
                ("logo_height_mm", models.FloatField(default=18.0)),
                ("logo_place", models.CharField(default="right", max_length=5)),
                (
                    "texts",
                    models.JSONField(
                        default=dict,
                        help_text="By language (de, en): intro before the lines, closing after them.",
                    ),
                ),
                (
                    "footer",
                    models.JSONField(
                        default=list,
                        help_text="Columns of lines at the foot of each page; empty: the seller's.",
                    ),
                ),
                ("columns", models.JSONField(help_text="The columns of the lines' table.")),
                ("shows_explanations", models.BooleanField(default=True)),
                ("shows_code", models.BooleanField(default=True, verbose_name="shows QR code")),
                ("created_at", models.DateTimeField()),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="document_templates",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "version"), name="document_template_version_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)),
                        name="document_template_version_counts",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FACTS, UNDO),
    ]
