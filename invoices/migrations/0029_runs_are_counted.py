"""How far runs are is noted while they run: counting a million events takes too long."""

import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0028_growth"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="billingrun",
            name="billing_run_finished_wholly",
        ),
        migrations.AddField(
            model_name="billingrun",
            name="counted_at",
            field=models.DateTimeField(
                help_text="When it was counted what is done, and what failed.", null=True
            ),
        ),
        migrations.RunSQL(
            "UPDATE invoices_billingrun SET counted_at = finished_at WHERE finished_at IS NOT NULL",
            "UPDATE invoices_billingrun SET done = NULL, failed = NULL WHERE finished_at IS NULL",
        ),
        migrations.AlterField(
            model_name="billingrun",
            name="done",
            field=models.PositiveBigIntegerField(
                help_text="How many were billed with all that follows, or written off.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="billingrun",
            name="failed",
            field=models.PositiveBigIntegerField(help_text="How many had failed.", null=True),
        ),
        migrations.AlterField(
            model_name="billingrun",
            name="total",
            field=models.PositiveBigIntegerField(
                help_text="Events that it appended: what was due."
            ),
        ),
        migrations.AddConstraint(
            model_name="billingrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("finished_at__isnull", True),
                    models.Q(
                        ("counted_at__isnull", False),
                        ("is_appending", False),
                        (
                            "total",
                            django.db.models.expressions.CombinedExpression(
                                models.F("done"), "+", models.F("failed")
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="billing_run_finished_wholly",
            ),
        ),
        migrations.AddConstraint(
            model_name="billingrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("counted_at__isnull", True),
                        ("done__isnull", True),
                        ("failed__isnull", True),
                    ),
                    models.Q(
                        ("counted_at__isnull", False),
                        ("done__isnull", False),
                        ("failed__isnull", False),
                        (
                            "total__gte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("done"), "+", models.F("failed")
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="billing_run_counted_wholly",
            ),
        ),
    ]
