"""What tables need to grow: vacuum in time, and indexes that say what they are for."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import PURPOSES as OF_BILLING
from billing.index_purposes import comment_on_indexes
from invoices.index_purposes import PURPOSES

# Facts are frozen by the first vacuum that sees them: they are never written again. A fiftieth of a
# table, not a fifth, is what vacuum and statistics wait for: the end of a month is that much.
GROWS = """
ALTER TABLE {table} SET (
    autovacuum_vacuum_insert_threshold = 10000, autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_threshold = 5000, autovacuum_analyze_scale_factor = 0.02,
    autovacuum_freeze_min_age = 0);
"""
AS_BEFORE = """
ALTER TABLE {table} RESET (
    autovacuum_vacuum_insert_threshold, autovacuum_vacuum_insert_scale_factor,
    autovacuum_analyze_threshold, autovacuum_analyze_scale_factor, autovacuum_freeze_min_age);
"""
GROWING = ("invoices_charge", "invoices_invoice", "invoices_document", "invoices_deliveryattempt")
# Few rows, of which one is written all the time: its versions stay on their page.
HOT = """
ALTER TABLE invoices_numberseries SET (
    fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
ALTER TABLE invoices_billingrun SET (
    fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.02);
"""
NOT_HOT = """
ALTER TABLE invoices_numberseries RESET (
    fillfactor, autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor);
ALTER TABLE invoices_billingrun RESET (
    fillfactor, autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor);
"""
STORED = "".join(GROWS.format(table=table) for table in GROWING)
STORED_AS_BEFORE = "".join(AS_BEFORE.format(table=table) for table in GROWING)


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="billing", purposes=OF_BILLING)  # event_told.
    comment_on_indexes(schema_editor, app="invoices", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0008_past_facts_are_told"),
        ("billing", "0011_growth"),
    ]
    operations = [
        migrations.RunSQL(STORED + HOT, STORED_AS_BEFORE + NOT_HOT),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
