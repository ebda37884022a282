"""Each filter of a list has an index, so that a page costs the same among ten million rows."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import comment_on_indexes
from invoices.index_purposes import PURPOSES


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="invoices", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0033_lists_by_filter"),
        ("invoices", "0030_webhooks_are_a_log"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="invoice",
            name="invoice_by_customer",
        ),
        migrations.RemoveIndex(
            model_name="invoice",
            name="invoice_by_contract",
        ),
        migrations.AddIndex(
            model_name="balancemovement",
            index=models.Index(fields=["seller", "id"], name="balance_by_seller"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "sent"), _negated=True),
                fields=["seller", "state", "id"],
                name="delivery_by_state",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(
                    ("type__in", ["credit_note.issued", "invoice.issued"]), _negated=True
                ),
                fields=["seller", "type", "id"],
                name="delivery_by_type",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("channel", "download"), _negated=True),
                fields=["seller", "channel", "id"],
                name="delivery_by_channel",
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["customer", "id"], name="invoice_by_customer"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["contract", "id"], name="invoice_by_contract"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["seller", "issue_date", "id"], name="invoice_by_issue"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["seller", "due_date", "id"], name="invoice_by_due_date"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["seller", "currency", "id"], name="invoice_by_currency"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                fields=["seller", "currency", "gross_minor", "id"], name="invoice_by_amount"
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("kind", "credit_note")),
                fields=["seller", "id"],
                name="invoice_credit_notes",
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("kind", "credit_note")),
                fields=["seller", "issue_date", "id"],
                name="invoice_credit_notes_by_issue",
            ),
        ),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
