"""Customers are found by any part of their name, however many there are."""

from django.apps.registry import Apps
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.functions import Upper

from billing.index_purposes import PURPOSES, comment_on_indexes


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [("billing", "0016_staff_actions")]

    operations = [
        TrigramExtension(),
        migrations.AddIndex(
            model_name="customer",
            index=GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="customer_by_name"),
        ),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
