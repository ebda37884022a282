"""What tables need to grow: vacuum in time, room on pages, indexes that say what they are for."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import PURPOSES, comment_on_indexes

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
        migrations.RunSQL(STORED + HOT, STORED_AS_BEFORE + NOT_HOT),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
