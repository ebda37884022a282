"""What tables need to grow: each index says what it is for."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import comment_on_indexes
from invoices.index_purposes import PURPOSES


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="invoices", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0027_indexes_serve_a_query"),
        ("billing", "0027_growth"),
    ]
    operations = [migrations.RunPython(_comment, migrations.RunPython.noop)]
