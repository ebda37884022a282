"""A PDF alone says why it holds no e-invoice; frozen like the rest of a document."""

from django.db import migrations, models

THAW = """
DROP TRIGGER document_never_changes ON invoices_document;
DROP TRIGGER document_never_deleted ON invoices_document;
DROP TRIGGER document_never_truncated ON invoices_document;
"""
FREEZE = "SELECT anlass_make_facts('invoices_document', 'document', '{}');"


class Migration(migrations.Migration):
    dependencies = [("invoices", "0021_accounting_currency_holds")]
    operations = [
        migrations.RunSQL(THAW, FREEZE),
        migrations.AddField(
            model_name="document",
            name="why_plain",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Of a PDF alone in place of ZUGFeRD: which rules it couldn't keep.",
            ),
        ),
        migrations.RunSQL(FREEZE, THAW),
    ]
