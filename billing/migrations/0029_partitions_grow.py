"""
Partitions of usage are vacuumed in time, as other big tables are: those there are, and new ones.

A partition has its own settings: those of the table that it is a part of hold for none of its rows.
"""

from django.db import migrations

# Facts are frozen by the first vacuum that sees them: they are never written again. A fiftieth of a
# table, not a fifth, is what vacuum and statistics wait for.
SETTINGS = """
    autovacuum_vacuum_insert_threshold = 10000, autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_threshold = 5000, autovacuum_analyze_scale_factor = 0.02,
    autovacuum_freeze_min_age = 0"""
NAMES = """
    autovacuum_vacuum_insert_threshold, autovacuum_vacuum_insert_scale_factor,
    autovacuum_analyze_threshold, autovacuum_analyze_scale_factor, autovacuum_freeze_min_age"""

# As it was, but for how a partition is stored.
MAKE = """
CREATE OR REPLACE FUNCTION anlass_make_usage_partitions(months date[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    first date;
    tab text;
    made integer := 0;
BEGIN
    FOR first IN SELECT DISTINCT date_trunc('month', m)::date FROM unnest(months) m ORDER BY 1
    LOOP
        tab := 'billing_usagerecord_' || to_char(first, 'YYYY_MM');
        CONTINUE WHEN anlass_has_usage_partition(tab);
        PERFORM pg_advisory_xact_lock(hashtextextended('billing_usagerecord', 0));
        CONTINUE WHEN anlass_has_usage_partition(tab);
        EXECUTE format('CREATE TABLE %I (LIKE billing_usagerecord INCLUDING ALL)STORED', tab);
        EXECUTE format('ALTER TABLE billing_usagerecord ATTACH PARTITION %I
                        FOR VALUES FROM (%L) TO (%L)', tab,
                       first::timestamp AT TIME ZONE 'UTC',
                       (first + interval '1 month') AT TIME ZONE 'UTC');
        EXECUTE format('CREATE TRIGGER usage_record_never_truncated BEFORE TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION anlass_refuse()', tab);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
"""
OF_EACH = """
DO $$
DECLARE
    tab regclass;
BEGIN
    FOR tab IN SELECT inhrelid FROM pg_inherits
               WHERE inhparent = 'billing_usagerecord'::regclass ORDER BY 1
    LOOP
        EXECUTE format('ALTER TABLE %s DO_THIS', tab);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0028_bulk_messages")]
    operations = [
        migrations.RunSQL(
            MAKE.replace("STORED", f" WITH ({SETTINGS})"),
            MAKE.replace("STORED", ""),
        ),
        migrations.RunSQL(
            OF_EACH.replace("DO_THIS", f"SET ({SETTINGS})"),
            OF_EACH.replace("DO_THIS", f"RESET ({NAMES})"),
        ),
    ]
