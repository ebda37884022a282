"""The German rates of VAT since 2007, the reduction of 2020 among them."""

from datetime import date

from django.db import migrations

RATES = [
    ("standard", "S", 19, date(2007, 1, 1), date(2020, 7, 1), "UStG § 12 (1)"),
    ("standard", "S", 16, date(2020, 7, 1), date(2021, 1, 1), "UStG § 28 (1)"),
    ("standard", "S", 19, date(2021, 1, 1), None, "UStG § 12 (1)"),
    ("reduced", "S", 7, date(2007, 1, 1), date(2020, 7, 1), "UStG § 12 (2)"),
    ("reduced", "S", 5, date(2020, 7, 1), date(2021, 1, 1), "UStG § 28 (2)"),
    ("reduced", "S", 7, date(2021, 1, 1), None, "UStG § 12 (2)"),
]


def seed(apps, schema_editor):
    tax_rate = apps.get_model("billing", "TaxRate")
    tax_rate.objects.bulk_create(
        tax_rate(
            country="DE",
            tax_class=tax_class,
            category=category,
            percent=percent,
            valid_from=valid_from,
            valid_until=valid_until,
            source=source,
        )
        for tax_class, category, percent, valid_from, valid_until, source in RATES
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_timeline_and_lines_hold")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
