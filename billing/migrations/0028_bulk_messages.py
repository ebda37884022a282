"""Many events that are due at once are named by the rows of few messages, not marked one by one."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q

from billing.index_purposes import PURPOSES, comment_on_indexes

# Few rows, each written some times and then deleted.
BUSY = """ALTER TABLE billing_bulkmessage SET (
    autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.02);"""
NOT_BUSY = """ALTER TABLE billing_bulkmessage RESET (
    autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor);"""


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [("billing", "0027_growth")]
    operations = [
        migrations.CreateModel(
            name="BulkMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("type", models.CharField(help_text="Of the events.", max_length=50)),
                (
                    "event_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
                ("size", models.PositiveIntegerField(help_text="How many events it names.")),
                (
                    "published_at",
                    models.DateTimeField(help_text="When it was last sent.", null=True),
                ),
                (
                    "next_send_at",
                    models.DateTimeField(help_text="When to send it, or to send it again."),
                ),
                ("sends", models.PositiveIntegerField(default=0)),
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
        ),
        migrations.AddIndex(
            model_name="bulkmessage",
            index=models.Index(
                condition=Q(sends=0),
                fields=["seller", "next_send_at"],
                name="bulk_message_unsent",
            ),
        ),
        migrations.AddIndex(
            model_name="bulkmessage",
            index=models.Index(
                condition=Q(sends__gt=0), fields=["seller", "size"], name="bulk_message_sent"
            ),
        ),
        migrations.RemoveIndex(model_name="event", name="event_bulk_unsent"),
        migrations.RemoveIndex(model_name="event", name="event_bulk_sent"),
        migrations.AlterField(
            model_name="event",
            name="next_send_at",
            field=models.DateTimeField(
                help_text="When to send it again, if it still waits; of a bulk its message says that.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=Q(next_send_at__isnull=False, queue="bulk", state="waiting"),
                fields=["next_send_at"],
                name="event_bulk_to_send",
            ),
        ),
        migrations.RunSQL(BUSY, NOT_BUSY),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
