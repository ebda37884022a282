"""Whether documents are made of a seller's invoices."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0014_prices_are_charged_in_their_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="seller",
            name="makes_documents",
            field=models.BooleanField(
                default=True,
                help_text="Whether documents are made of its invoices, and delivered; else only its apps tell customers of them.",
            ),
        ),
    ]
