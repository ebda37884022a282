"""What tables need to grow: each index says what it is for."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import PURPOSES, comment_on_indexes


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [("billing", "0026_indexes_serve_a_query")]
    operations = [migrations.RunPython(_comment, migrations.RunPython.noop)]
