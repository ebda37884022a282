"""The index of what isn't settled serves only who names it, so that no other query reads all."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q

from billing.index_purposes import PURPOSES, comment_on_indexes


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [("billing", "0029_partitions_grow")]
    operations = [
        migrations.RemoveIndex(model_name="event", name="event_unsettled"),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=Q(state__in=["waiting", "failed"]) & Q(sends__gte=0),
                fields=["seller", "type", "occurred_at", "state"],
                name="event_unsettled",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="published_at",
            field=models.DateTimeField(
                help_text="When it was last sent alone; empty if with others of a bulk.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="sends",
            field=models.PositiveIntegerField(default=0, help_text="How often it was sent alone."),
        ),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
