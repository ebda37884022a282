"""
A credit may keep the tax of what it takes back, whoever the customer has become.

What takes back charges of several taxes is then a credit for each: the tax tells them apart.
"""

import django.db.models.functions.text
from django.db import migrations, models

FACTS = """
DROP TRIGGER charge_never_changes ON invoices_charge;
DROP TRIGGER charge_never_deleted ON invoices_charge;
DROP TRIGGER charge_never_truncated ON invoices_charge;
SELECT anlass_make_facts('invoices_charge', 'charge',
    '{invoice_id,position,amount_minor,tax_category,tax_percent}');
"""

UNDO = """
DROP TRIGGER charge_never_changes ON invoices_charge;
DROP TRIGGER charge_never_deleted ON invoices_charge;
DROP TRIGGER charge_never_truncated ON invoices_charge;
SELECT anlass_make_facts('invoices_charge', 'charge',
    '{invoice_id,position,amount_minor,tax_category,tax_percent,is_taxed_as_charged}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0012_customers_have_balances"),
        ("invoices", "0006_balances_hold"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="charge",
            name="charge_period_charged_once",
        ),
        migrations.AddField(
            model_name="charge",
            name="is_taxed_as_charged",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="It corrects a charge, and is taxed like that, whoever the customer is now.",
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.UniqueConstraint(
                models.F("subscription"),
                models.F("price"),
                models.F("plan"),
                models.F("starts_on"),
                models.F("stretch_starts_on"),
                django.db.models.functions.text.MD5("tag"),
                models.F("is_credit"),
                models.F("cause"),
                models.Case(models.When(is_taxed_as_charged=True, then="tax_category")),
                models.Case(models.When(is_taxed_as_charged=True, then="tax_percent")),
                condition=models.Q(("subscription__isnull", False)),
                name="charge_period_charged_once",
                nulls_distinct=False,
            ),
        ),
        migrations.RunSQL(FACTS, UNDO),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_taxed_as_charged", False),
                    ("subscription__isnull", False),
                    _connector="OR",
                ),
                name="charge_taxed_as_charged_of_subscription",
            ),
        ),
    ]
