"""What proofs of all books came to: facts."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import billing.ids
from billing.index_purposes import comment_on_indexes
from invoices.index_purposes import PURPOSES

FACTS = "SELECT anlass_make_facts('invoices_verification', 'verification', '{}')"


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="invoices", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [("invoices", "0011_holds")]
    operations = [
        migrations.CreateModel(
            name="Verification",
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
                ("began_at", models.DateTimeField(help_text="The moment that was looked at.")),
                ("ended_at", models.DateTimeField()),
                ("is_proven", models.BooleanField()),
                (
                    "checked",
                    models.JSONField(help_text="How many rows were looked at, by what they are."),
                ),
                ("found", models.JSONField(help_text="How many were wrong, by check.")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ended_at__gte", models.F("began_at"))),
                        name="verification_ended",
                    )
                ],
            },
        ),
        migrations.RunSQL(FACTS, migrations.RunSQL.noop),  # Its triggers go with the table.
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
