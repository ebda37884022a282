"""No index serves what another serves too: each costs every row that is written."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0024_leases"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="contract",
            name="contract_by_seller",
        ),
        migrations.RemoveIndex(
            model_name="customer",
            name="customer_by_seller",
        ),
        migrations.RemoveIndex(
            model_name="subscription",
            name="subscription_by_seller",
        ),
        migrations.AlterField(
            model_name="contract",
            name="seller",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contracts",
                to="billing.seller",
            ),
        ),
        migrations.AlterField(
            model_name="customer",
            name="seller",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="customers",
                to="billing.seller",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="seller",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="billing.seller",
            ),
        ),
        migrations.AlterField(
            model_name="subscription",
            name="seller",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="subscriptions",
                to="billing.seller",
            ),
        ),
        # Django would take it for the index of the foreign key, and drop it too.
        migrations.RemoveConstraint(
            model_name="subscriptionchange", name="subscription_starts_once"
        ),
        migrations.AlterField(
            model_name="subscriptionchange",
            name="subscription",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="billing.subscription",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscriptionchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "start")),
                fields=("subscription",),
                name="subscription_starts_once",
            ),
        ),
    ]
