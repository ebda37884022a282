"""Answers under Idempotency-Keys are found by age; staff need a permission to read the API."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import PURPOSES, comment_on_indexes


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [("billing", "0031_keys_with_scopes")]
    operations = [
        migrations.AlterModelOptions(
            name="seller",
            options={
                "permissions": [
                    ("read_api", "Can read the API as apps do: everything of their sellers")
                ]
            },
        ),
        migrations.AddIndex(
            model_name="idempotentrequest",
            index=models.Index(fields=["created_at"], name="idempotent_request_age"),
        ),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
