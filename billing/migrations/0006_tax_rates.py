"""The VAT rates of the European Union, from the one table of them: Germany's since 2007."""

from django.db import migrations

from billing.pricing.tax_rates import TAX_RATES


def seed(apps, schema_editor):
    tax_rate = apps.get_model("billing", "TaxRate")
    tax_rate.objects.bulk_create(
        tax_rate(
            country=rate.country,
            tax_class=rate.tax_class,
            category=rate.category,
            percent=rate.percent,
            valid_from=rate.valid_from,
            valid_until=rate.valid_until,
            source=rate.source,
        )
        for rate in TAX_RATES
        if rate.tax_class in ("standard", "reduced")  # The others have no room yet: see 0017.
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_timeline_and_lines_hold")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
