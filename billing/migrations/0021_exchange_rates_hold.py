"""Rates of exchange are facts: documents rest on them."""

from django.db import migrations

TABLES = [
    ("billing_exchangerate", "exchange_rate"),
    ("billing_ownexchangerate", "own_exchange_rate"),
]
FREEZE = "".join(
    f"SELECT anlass_make_facts('{table}', '{name}', '{{}}');" for table, name in TABLES
)
THAW = "".join(
    f"DROP TRIGGER {name}_never_{what} ON {table};"
    for table, name in TABLES
    for what in ("changes", "deleted", "truncated")
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0020_exchange_rates")]
    operations = [migrations.RunSQL(FREEZE, THAW)]
