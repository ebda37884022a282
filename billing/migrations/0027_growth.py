"""
What tables need to grow: old tries can go into files, vacuum in time, indexes that say their use.

A try leaves the table only with all others of its stretch of the log, as many as its archive holds.
"""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import billing.ids
from billing.index_purposes import PURPOSES, comment_on_indexes

ARCHIVED = """
SELECT anlass_make_facts('billing_attemptarchive', 'attempt_archive', '{}');

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
DROP TRIGGER attempt_archive_never_changes ON billing_attemptarchive;
DROP TRIGGER attempt_archive_never_deleted ON billing_attemptarchive;
DROP TRIGGER attempt_archive_never_truncated ON billing_attemptarchive;
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

STORED = "".join(
    [GROWS.format(table=table) for table in GROWING]
    + [MOVES.format(table=table, fill=fill) for table, fill in MOVING.items()]
)
STORED_AS_BEFORE = "".join(AS_BEFORE.format(table=table) for table in (*GROWING, *MOVING))


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [("billing", "0026_indexes_serve_a_query")]
    operations = [
        migrations.CreateModel(
            name="AttemptArchive",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=billing.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "after_position",
                    models.BigIntegerField(help_text="Of the latest event before the stretch."),
                ),
                (
                    "until_position",
                    models.BigIntegerField(help_text="Of the latest event in it."),
                ),
                (
                    "attempts",
                    models.PositiveBigIntegerField(help_text="How many tries the file holds."),
                ),
                ("storage_name", models.CharField(max_length=200)),
                (
                    "sha256",
                    models.CharField(help_text="Of the file.", max_length=64),
                ),
                ("created_at", models.DateTimeField()),
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "after_position"),
                        name="attempt_archive_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until_position__gt", models.F("after_position"))),
                        name="attempt_archive_forward",
                    ),
                ],
            },
        ),
        migrations.RunSQL(ARCHIVED, NEVER_DELETED),
        migrations.RunSQL(STORED + HOT, STORED_AS_BEFORE + NOT_HOT),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
