"""
What tables need to grow: old tries can go into files, vacuum in time, indexes that say their use.

A try leaves the table only with all others of its stretch of the log, as many as its archive holds.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import PURPOSES, comment_on_indexes

ARCHIVED = """
CREATE FUNCTION anlass_let_archived_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM gone g JOIN billing_event e ON e.id = g.event_id
        LEFT JOIN billing_attemptarchive a ON a.seller_id = e.seller_id
             AND e.position > a.after_position AND e.position <= a.until_position
        GROUP BY a.id, a.attempts HAVING a.id IS NULL OR count(*) <> a.attempts
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = TG_NAME,
            TABLE = TG_TABLE_NAME,
            MESSAGE = format('%s: delete of %s is refused', TG_NAME, TG_TABLE_NAME),
            HINT = 'Tries go by manage.py archive_attempts, all of a stretch of the log at once.';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER attempt_never_deleted ON billing_attempt;
CREATE TRIGGER attempt_never_deleted AFTER DELETE ON billing_attempt
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION anlass_let_archived_go();
"""

NEVER_DELETED = """
DROP TRIGGER attempt_never_deleted ON billing_attempt;
CREATE TRIGGER attempt_never_deleted BEFORE DELETE ON billing_attempt
FOR EACH ROW EXECUTE FUNCTION anlass_refuse();
DROP FUNCTION anlass_let_archived_go();
"""

# Facts are frozen by the first vacuum that sees them: they are never written again. A fiftieth of a
# table, not a fifth, is what vacuum and statistics wait for: the end of a month is that much.
GROWS = """
ALTER TABLE {table} SET (
    autovacuum_vacuum_insert_threshold = 10000, autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_threshold = 5000, autovacuum_analyze_scale_factor = 0.02,
    autovacuum_freeze_min_age = 0);
"""
# Each row is updated some times in its life, or each month.
MOVES = """
ALTER TABLE {table} SET (
    fillfactor = {fill},
    autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_threshold = 10000, autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_threshold = 5000, autovacuum_analyze_scale_factor = 0.02);
"""
AS_BEFORE = """
ALTER TABLE {table} RESET (
    fillfactor, autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor,
    autovacuum_vacuum_insert_threshold, autovacuum_vacuum_insert_scale_factor,
    autovacuum_analyze_threshold, autovacuum_analyze_scale_factor, autovacuum_freeze_min_age);
"""
GROWING = (
    "billing_attempt", "billing_order", "billing_orderline", "billing_subscriptionchange",
    "billing_usagekey",
)  # fmt: skip
# Half of a page is room for the next versions of its subscriptions, all of which are charged in one
# go: so no index is touched by that. Events and contracts can't have that: what changes of them
# stands in indexes, by which it is found that they wait, or when they are due.
MOVING = {"billing_event": 100, "billing_contract": 100, "billing_subscription": 50}
# Few rows, of which one is written all the time.
HOT = """ALTER TABLE billing_lease SET (
    fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);"""
NOT_HOT = """ALTER TABLE billing_lease RESET (
    fillfactor, autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor);"""
# Room for the next versions of a row that is updated with each batch, without touching its index.
ROOMY = "ALTER TABLE billing_usagebucket SET (fillfactor = 70);"
NOT_ROOMY = "ALTER TABLE billing_usagebucket RESET (fillfactor);"
# Few rows, each written some times and then deleted.
BUSY = """ALTER TABLE billing_bulkmessage SET (
    autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.02);"""
NOT_BUSY = """ALTER TABLE billing_bulkmessage RESET (
    autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor);"""

STORED = "".join(
    [GROWS.format(table=table) for table in GROWING]
    + [MOVES.format(table=table, fill=fill) for table, fill in MOVING.items()]
)
STORED_AS_BEFORE = "".join(AS_BEFORE.format(table=table) for table in (*GROWING, *MOVING))


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_usage_holds")]
    operations = [
        migrations.RunSQL(ARCHIVED, NEVER_DELETED),
        migrations.RunSQL(
            STORED + HOT + ROOMY + BUSY, STORED_AS_BEFORE + NOT_HOT + NOT_ROOMY + NOT_BUSY
        ),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
