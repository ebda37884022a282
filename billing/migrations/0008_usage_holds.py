"""
What usage needs beside its tables: partitions by month, facts that hold, one seller per row.

A failure's reason may be told anew while it is open: it counts the records that wait.
"""

from django.db import migrations

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
        EXECUTE format('CREATE TABLE %I (LIKE billing_usagerecord INCLUDING ALL)', tab);
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

FACTS = """
SELECT anlass_make_facts('billing_usagerecord', 'usage_record', '{}');
SELECT anlass_make_facts('billing_usagekey', 'usage_key', '{}');
SELECT anlass_make_facts('billing_usageconflict', 'usage_conflict', '{}');
SELECT anlass_make_facts(
    'billing_unattributedrecord', 'unattributed_record', '{reason,attributed_at}');
CREATE TRIGGER unattributed_record_attributed_once
BEFORE UPDATE OF reason, attributed_at ON billing_unattributedrecord FOR EACH ROW
WHEN (OLD.attributed_at IS NOT NULL) EXECUTE FUNCTION anlass_refuse();

ALTER TABLE billing_usagebucket
ADD CONSTRAINT usagebucket_subscription_of_same_seller FOREIGN KEY (seller_id, subscription_id)
REFERENCES billing_subscription (seller_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_usagebucket
ADD CONSTRAINT usagebucket_meter_of_same_seller FOREIGN KEY (seller_id, meter_id)
REFERENCES billing_meter (seller_id, id) DEFERRABLE INITIALLY DEFERRED;
-- Room for the next versions of a row that is updated with each batch, without touching its index.
ALTER TABLE billing_usagebucket SET (fillfactor = 70);
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

REASON_TOLD_ANEW = """
DROP TRIGGER failure_never_changes ON billing_failure;
DROP TRIGGER failure_never_deleted ON billing_failure;
DROP TRIGGER failure_never_truncated ON billing_failure;
SELECT anlass_make_facts('billing_failure', 'failure',
                         '{state,closed_at,closed_by,closing_note,priority,reason}');
CREATE TRIGGER failure_reason_of_open BEFORE UPDATE OF reason ON billing_failure FOR EACH ROW
WHEN (OLD.state <> 'open') EXECUTE FUNCTION anlass_refuse();
"""

UNDO = """
DROP TRIGGER seller_zone_of_usage ON billing_seller;
DROP FUNCTION anlass_keep_zone_of_usage();
DROP TRIGGER failure_reason_of_open ON billing_failure;
DROP TRIGGER failure_never_changes ON billing_failure;
DROP TRIGGER failure_never_deleted ON billing_failure;
DROP TRIGGER failure_never_truncated ON billing_failure;
SELECT anlass_make_facts('billing_failure', 'failure',
                         '{state,closed_at,closed_by,closing_note,priority}');
ALTER TABLE billing_usagebucket DROP CONSTRAINT usagebucket_subscription_of_same_seller;
ALTER TABLE billing_usagebucket DROP CONSTRAINT usagebucket_meter_of_same_seller;
DROP FUNCTION anlass_make_usage_partitions(date[]);
DROP FUNCTION anlass_has_usage_partition(text);
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_usage_tables")]
    operations = [migrations.RunSQL(PARTITIONS + FACTS + ZONE + REASON_TOLD_ANEW, UNDO)]
