"""Events name who among the staff stated their fact: who causes a document doesn't approve it."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import PURPOSES, comment_on_indexes

# The new column is as frozen as the others: the table is made facts anew.
FREE = "state,published_at,next_send_at,sends,retried_at"
UNFREEZE = """
DROP TRIGGER event_never_changes ON billing_event;
DROP TRIGGER event_never_deleted ON billing_event;
DROP TRIGGER event_never_truncated ON billing_event;
"""
FREEZE = f"SELECT anlass_make_facts('billing_event', 'event', '{{{FREE}}}');"


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0013_causes"),
    ]

    operations = [
        migrations.RunSQL(UNFREEZE, FREEZE),
        migrations.AddField(
            model_name="event",
            name="caused_by",
            field=models.BigIntegerField(
                help_text="Id of the staff user who stated the fact; empty: an app, or the engine.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("caused_by__isnull", False)),
                fields=["stream_id"],
                name="event_stated_by_staff",
            ),
        ),
        migrations.RunSQL(FREEZE, UNFREEZE),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
