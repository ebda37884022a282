"""Answers under Idempotency-Keys are found by their age, so that old ones can go."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import PURPOSES, comment_on_indexes


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [("billing", "0030_unsettled_is_asked_by_name")]
    operations = [
        migrations.AddIndex(
            model_name="idempotentrequest",
            index=models.Index(fields=["created_at"], name="idempotent_request_age"),
        ),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
