"""Events keep the trace that their caller began; like all of a fact it never changes."""

from django.db import migrations, models

# A trigger names the columns that it watches: with a new one it is made anew.
UNWATCH = """
DROP TRIGGER event_never_changes ON billing_event;
DROP TRIGGER event_never_deleted ON billing_event;
DROP TRIGGER event_never_truncated ON billing_event;
"""
WATCH = """
SELECT anlass_make_facts('billing_event', 'event',
    '{state,published_at,next_send_at,sends,retried_at}');
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0014_caused_by")]
    operations = [
        migrations.RunSQL(UNWATCH, WATCH),
        migrations.AddField(
            "event",
            "trace",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The caller's `traceparent` and `tracestate`; empty: of its transaction's id.",
                max_length=600,
            ),
        ),
        migrations.RunSQL(WATCH, UNWATCH),
    ]
