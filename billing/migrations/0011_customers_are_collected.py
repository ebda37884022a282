"""When a customer's waiting charges are collected onto an invoice."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_coupons_hold")]
    operations = [
        migrations.AddField(
            model_name="customer",
            name="next_collection_date",
            field=models.DateField(
                editable=False,
                help_text=(
                    "Day at whose end its waiting charges are collected; empty: none waits."
                ),
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("next_collection_date__isnull", False)),
                fields=["seller", "next_collection_date"],
                name="customer_to_collect",
            ),
        ),
    ]
