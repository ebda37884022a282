"""Charges and invoices are facts; a charge is put on an invoice once, a counter only counts up."""

from django.db import migrations

FACTS = """
SELECT anlass_make_facts('invoices_invoice', 'invoice', '{}');
SELECT anlass_make_facts('invoices_charge', 'charge', '{invoice_id,position}');
SELECT anlass_make_facts(
    'invoices_numberseries', 'number_series', '{latest_sequence,latest_date,latest_hash}');

CREATE TRIGGER charge_invoiced_once BEFORE UPDATE OF invoice_id, position ON invoices_charge
FOR EACH ROW WHEN (OLD.invoice_id IS NOT NULL) EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER number_series_counts_up
BEFORE UPDATE OF latest_sequence, latest_date, latest_hash ON invoices_numberseries
FOR EACH ROW WHEN (NEW.latest_sequence <= OLD.latest_sequence OR NEW.latest_date < OLD.latest_date)
EXECUTE FUNCTION anlass_refuse();
"""

UNDO = """
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT tgname, tgrelid::regclass AS tab FROM pg_trigger
             WHERE tgfoid = 'anlass_refuse'::regproc AND NOT tgisinternal
               AND tgrelid::regclass::text LIKE 'invoices_%'
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.tab);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("invoices", "0001_tables"), ("billing", "0003_facts_refuse_change")]
    operations = [migrations.RunSQL(FACTS, UNDO)]
