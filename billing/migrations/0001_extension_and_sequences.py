"""What the tables need before they exist: exclusion constraints on ids, and orders of recording."""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        BtreeGistExtension(),
        migrations.RunSQL(
            "CREATE SEQUENCE billing_event_position; CREATE SEQUENCE billing_change_position;"
            " CREATE SEQUENCE invoices_charge_ordinal;",
            "DROP SEQUENCE billing_event_position; DROP SEQUENCE billing_change_position;"
            " DROP SEQUENCE invoices_charge_ordinal;",
        ),
    ]
