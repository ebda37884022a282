"""No index serves what another serves too; no check is made that another one implies."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0025_indexes_serve_once"),
        ("invoices", "0025_billing_runs"),
    ]

    operations = [
        migrations.AlterField(
            model_name="charge",
            name="invoice",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="invoices.invoice",
            ),
        ),
        migrations.AlterField(
            model_name="charge",
            name="seller",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.seller",
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="contract",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invoices",
                to="billing.contract",
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="customer",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invoices",
                to="billing.customer",
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="seller",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invoices",
                to="billing.seller",
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="series",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invoices",
                to="invoices.numberseries",
            ),
        ),
    ]
