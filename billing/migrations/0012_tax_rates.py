"""The VAT rates of the European Union, from the one table of them."""

from django.db import migrations

from billing.pricing.tax_rates import TAX_RATES

COLUMNS = ("country", "tax_class", "category", "percent", "valid_from", "valid_until", "source")
# One statement, past the models: those of this point of the history needn't be made for it.
SEED = """
INSERT INTO billing_taxrate (%s) VALUES %s
ON CONFLICT DO NOTHING
""" % (", ".join(COLUMNS), ", ".join(f"({', '.join(['%s'] * len(COLUMNS))})" for _ in TAX_RATES))
VALUES = [getattr(rate, column) for rate in TAX_RATES for column in COLUMNS]


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_growth")]
    # Backwards they stay, with those added by hand, until their table goes.
    operations = [migrations.RunSQL([(SEED, VALUES)], migrations.RunSQL.noop)]
