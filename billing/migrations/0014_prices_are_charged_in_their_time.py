from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import migrations, models

_KIND_AND_TIMING = models.Func(
    models.F("kind"), models.F("timing"), function="textcat", output_field=models.TextField()
)

# The timing of these kinds had no effect: what was charged was charged as it says from now on.
_SET = """
    ALTER TABLE billing_price DISABLE TRIGGER USER;
    UPDATE billing_price SET timing = 'arrears' WHERE kind = 'usage' AND timing <> 'arrears';
    UPDATE billing_price SET timing = 'advance' WHERE kind = 'once' AND timing <> 'advance';
    ALTER TABLE billing_price ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0013_subscriptions_are_charged"),
    ]

    operations = [
        migrations.RemoveConstraint("price", "price_code_of_one_kind"),
        migrations.RunSQL(_SET, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "price",
            ExclusionConstraint(
                name="price_code_of_one_kind",
                expressions=[
                    (models.F("plan"), "="),
                    (models.F("code"), "="),
                    (models.F("currency"), "="),
                    (_KIND_AND_TIMING, "<>"),
                ],
            ),
        ),
        migrations.AddConstraint(
            "price",
            models.CheckConstraint(
                name="price_timing_of_its_kind",
                condition=models.Q(kind="recurring")
                | models.Q(kind="once", timing="advance")
                | models.Q(kind="usage", timing="arrears"),
            ),
        ),
    ]
