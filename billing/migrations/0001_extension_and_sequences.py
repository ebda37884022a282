"""
What tables need before they exist: exclusion constraints on ids, orders of recording, new ids.

Ids are the database's where events are made of a query's rows.
"""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations

# RFC 9562, section 5.7, with 12 bits of the millisecond's fraction (section 6.2, method 3), so that
# ids made one after the other come in order. PostgreSQL 18 has uuidv7(); this works before, too.
IDS = """
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
    initial = True
    dependencies = []
    operations = [
        BtreeGistExtension(),
        migrations.RunSQL(
            "CREATE SEQUENCE billing_event_position; CREATE SEQUENCE billing_change_position;"
            " CREATE SEQUENCE invoices_charge_ordinal;",
            "DROP SEQUENCE billing_event_position; DROP SEQUENCE billing_change_position;"
            " DROP SEQUENCE invoices_charge_ordinal;",
        ),
        migrations.RunSQL(IDS, "DROP FUNCTION anlass_uuid7();"),
    ]
