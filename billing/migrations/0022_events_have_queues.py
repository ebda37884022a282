"""Which queue an event goes to, and since when it waits: what the relay and back-pressure ask."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Coalesce

_FACTS = """
DROP TRIGGER event_never_changes ON billing_event;
DROP TRIGGER event_never_deleted ON billing_event;
DROP TRIGGER event_never_truncated ON billing_event;
SELECT anlass_make_facts('billing_event', 'event', '{%s}');
"""
_FREE = "state,published_at,next_send_at,sends"


class Migration(migrations.Migration):
    dependencies = [("billing", "0021_exchange_rates_hold")]
    operations = [
        migrations.AddField(
            model_name="event",
            name="queue",
            field=models.CharField(
                blank=True,
                default="billing",
                help_text="The broker's, of its messages; empty if none listens.",
                max_length=20,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="event",
            name="retried_at",
            field=models.DateTimeField(
                help_text="When a failure of it was last retried: it waits since then.", null=True
            ),
        ),
        migrations.RunSQL(_FACTS % f"{_FREE},retried_at", _FACTS % _FREE),
        migrations.RemoveIndex(model_name="event", name="event_to_send"),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=Q(state="waiting") & ~Q(queue="bulk"),
                fields=["next_send_at"],
                name="event_to_send",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=Q(queue="bulk", sends=0, state="waiting"),
                fields=["seller", "next_send_at"],
                name="event_bulk_unsent",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=Q(queue="bulk", sends__gt=0, state="waiting"),
                fields=["seller", "next_send_at"],
                name="event_bulk_sent",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                Coalesce("retried_at", "recorded_at"),
                condition=Q(queue="billing", state="waiting"),
                name="event_waiting_since",
            ),
        ),
    ]
