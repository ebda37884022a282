"""Which of several processes does what only one needs to do."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0023_due_in_bulk")]
    operations = [
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                (
                    "holder",
                    models.CharField(
                        help_text="Host, process, and a number of its own.", max_length=200
                    ),
                ),
                ("token", models.BigIntegerField(help_text="How often it changed hands.")),
                ("until", models.DateTimeField(help_text="By the clock of the database.")),
            ],
        ),
    ]
