"""
What usage needs beside its tables: partitions by month, and a zone for its days.

Partitions are vacuumed in time, as other big tables are. Each has its own settings: those of the
table that it is a part of hold for none of its rows.
"""

from django.db import migrations

# Facts are frozen by the first vacuum that sees them: they are never written again. A fiftieth of a
# table, not a fifth, is what vacuum and statistics wait for.
SETTINGS = """
    autovacuum_vacuum_insert_threshold = 10000, autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_threshold = 5000, autovacuum_analyze_scale_factor = 0.02,
    autovacuum_freeze_min_age = 0"""

PARTITIONS = """
-- Reads the catalogue as of now: a name that was looked up before, to_regclass finds as it was then.
CREATE FUNCTION anlass_has_usage_partition(tab text) RETURNS boolean LANGUAGE sql VOLATILE AS $$
    SELECT EXISTS (SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                   WHERE i.inhparent = 'billing_usagerecord'::regclass AND c.relname = tab)
$$;

-- Makes the partitions of some months, unless they are there, and returns how many it made. A table
-- that is attached locks out no reader and no writer, as `PARTITION OF` would.
CREATE FUNCTION anlass_make_usage_partitions(months date[]) RETURNS integer
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
        EXECUTE format('CREATE TABLE %I (LIKE billing_usagerecord INCLUDING ALL) WITH (SETTINGS)', tab);
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

ZONE = """
-- The days of usage are stored: in another zone they would be others.
CREATE FUNCTION anlass_keep_zone_of_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM billing_subscription s
               JOIN billing_usagebucket b ON b.subscription_id = s.id
               WHERE s.seller_id = OLD.id) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = TG_NAME,
            TABLE = TG_TABLE_NAME,
            MESSAGE = TG_NAME || ': the seller has usage, whose days are those of its time zone';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seller_zone_of_usage BEFORE UPDATE OF timezone ON billing_seller FOR EACH ROW
WHEN (OLD.timezone <> NEW.timezone) EXECUTE FUNCTION anlass_keep_zone_of_usage();
"""

UNDO = """
DROP TRIGGER seller_zone_of_usage ON billing_seller;
DROP FUNCTION anlass_keep_zone_of_usage();
DROP FUNCTION anlass_make_usage_partitions(date[]);
DROP FUNCTION anlass_has_usage_partition(text);
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_coupons_hold")]
    operations = [migrations.RunSQL(PARTITIONS.replace("SETTINGS", SETTINGS) + ZONE, UNDO)]
