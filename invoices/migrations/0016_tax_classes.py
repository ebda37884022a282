"""A charge keeps the class of tax, of which there are more by now."""

from django.db import migrations, models


THAW = """
DROP TRIGGER charge_never_changes ON invoices_charge;
DROP TRIGGER charge_never_deleted ON invoices_charge;
DROP TRIGGER charge_never_truncated ON invoices_charge;
"""
FREEZE = """
SELECT anlass_make_facts('invoices_charge', 'charge',
    '{invoice_id,position,amount_minor,tax_category,tax_percent}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0015_deliveries_hold"),
    ]

    operations = [
        migrations.RunSQL(THAW, FREEZE),
        migrations.AlterField(
            model_name="charge",
            name="tax_class",
            field=models.CharField(help_text="What the law makes of it.", max_length=20),
        ),
        migrations.RunSQL(FREEZE, THAW),
    ]
