"""
Charges may wait to be collected onto an invoice of several events.

They are put on it once, and then their taxes and net amounts are settled: these depend on the
document's parties and on its other lines.
"""

import django.db.models.deletion
from django.db import migrations, models

# The columns of charges that are facts already; the one of the tax class isn't yet.
TAX_CLASSES = """
UPDATE invoices_charge c SET tax_class = coalesce(
    (SELECT tax_class FROM billing_price WHERE id = c.price_id),
    (SELECT nullif(tax_class, '') FROM billing_orderline WHERE id = c.order_line_id),
    (SELECT tax_class FROM billing_price WHERE plan_id = c.plan_id ORDER BY id LIMIT 1),
    '');
"""

SETTLED_ONCE = """
DROP TRIGGER charge_never_changes ON invoices_charge;
DROP TRIGGER charge_never_deleted ON invoices_charge;
DROP TRIGGER charge_never_truncated ON invoices_charge;
SELECT anlass_make_facts('invoices_charge', 'charge',
    '{invoice_id,position,amount_minor,tax_category,tax_percent}');

DROP TRIGGER charge_invoiced_once ON invoices_charge;
CREATE TRIGGER charge_invoiced_once
BEFORE UPDATE OF invoice_id, position, amount_minor, tax_category, tax_percent ON invoices_charge
FOR EACH ROW WHEN (OLD.invoice_id IS NOT NULL OR NEW.invoice_id IS NULL)
EXECUTE FUNCTION anlass_refuse();
"""

UNDO = """
DROP TRIGGER charge_never_changes ON invoices_charge;
DROP TRIGGER charge_never_deleted ON invoices_charge;
DROP TRIGGER charge_never_truncated ON invoices_charge;
SELECT anlass_make_facts('invoices_charge', 'charge', '{invoice_id,position,tax_class}');

DROP TRIGGER charge_invoiced_once ON invoices_charge;
CREATE TRIGGER charge_invoiced_once BEFORE UPDATE OF invoice_id, position ON invoices_charge
FOR EACH ROW WHEN (OLD.invoice_id IS NOT NULL) EXECUTE FUNCTION anlass_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0003_invoices_add_up"),
        ("billing", "0011_customers_are_collected"),
    ]
    operations = [
        migrations.AddField(
            model_name="charge",
            name="tax_class",
            field=models.CharField(default="", help_text="What the law makes of it.", max_length=8),
            preserve_default=False,
        ),
        migrations.RunSQL(TAX_CLASSES, migrations.RunSQL.noop),
        migrations.RunSQL(SETTLED_ONCE, UNDO),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                fields=("event", "currency"), name="invoice_of_event_once"
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="event",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invoices",
                to="billing.event",
            ),
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(
                condition=models.Q(("invoice__isnull", True)),
                fields=["customer", "ordinal"],
                name="charge_waiting",
            ),
        ),
    ]
