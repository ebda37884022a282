"""Events are made of queries' rows: ids by the database; what is due is read in order, in chunks."""

from django.db import migrations, models

# RFC 9562, section 5.7, with 12 bits of the millisecond's fraction (section 6.2, method 3), so that
# ids made one after the other come in order. PostgreSQL 18 has uuidv7(); this works before, too.
MAKE = """
CREATE FUNCTION anlass_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(
        substring(int8send(now.us / 1000) FROM 3)
        || substring(int8send(28672 + (now.us % 1000) * 4096 / 1000) FROM 7)
        || set_bit(set_bit(substring(uuid_send(gen_random_uuid()) FROM 9), 7, 1), 6, 0),
        'hex')::uuid
    FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us OFFSET 0) AS now
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0022_events_have_queues")]
    operations = [
        migrations.RunSQL(MAKE, "DROP FUNCTION anlass_uuid7();"),
        migrations.RemoveIndex(model_name="contract", name="contract_due"),
        migrations.AddIndex(
            model_name="contract",
            index=models.Index(
                condition=models.Q(("next_billing_date__isnull", False)),
                fields=["seller", "next_billing_date", "id"],
                name="contract_due",
            ),
        ),
        migrations.RemoveIndex(model_name="customer", name="customer_to_collect"),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("next_collection_date__isnull", False)),
                fields=["seller", "next_collection_date", "id"],
                name="customer_to_collect",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(
                    ("grouping", "per_event"), ("next_collection_date__isnull", False)
                ),
                fields=["seller", "next_collection_date", "id"],
                name="customer_left_over",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "failed"])),
                fields=["seller", "type", "occurred_at", "state"],
                name="event_unsettled",
            ),
        ),
    ]
