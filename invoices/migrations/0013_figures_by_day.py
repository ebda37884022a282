"""What is counted by day, for the start page of the admin."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.index_purposes import comment_on_indexes
from invoices.index_purposes import PURPOSES

# Few rows, of which today's are written all the time: their versions stay on their page.
HOT = """
ALTER TABLE invoices_dayfigure SET (
    fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.02);
"""
NOT_HOT = """
ALTER TABLE invoices_dayfigure RESET (
    fillfactor, autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor);
"""


def _comment(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment_on_indexes(schema_editor, app="invoices", purposes=PURPOSES)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0017_customers_by_name"),
        ("invoices", "0012_verifications"),
    ]

    operations = [
        migrations.CreateModel(
            name="CountedLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event_position", models.BigIntegerField(default=0)),
                (
                    "failure_id",
                    models.UUIDField(help_text="Ids of failures grow with time.", null=True),
                ),
                (
                    "seller",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.seller",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CountedSeries",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.BigIntegerField(default=0)),
                (
                    "series",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counted",
                        to="invoices.numberseries",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DayFigure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(help_text="The seller's.")),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("invoices", "invoices issued, net"),
                            ("credit_notes", "credit notes issued, net"),
                            ("due", "invoices that fall due, payable"),
                            ("events", "events of the day"),
                            ("failures", "failures of events of the day"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        blank=True, help_text="Empty: no money is counted.", max_length=3
                    ),
                ),
                ("count", models.PositiveBigIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "day", "measure", "currency"), name="day_figure_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("measure__in", ["invoices", "credit_notes", "due"]),
                                models.Q(("currency", ""), _negated=True),
                            ),
                            models.Q(
                                ("amount_minor", 0),
                                ("currency", ""),
                                ("measure__in", ["events", "failures"]),
                            ),
                            _connector="OR",
                        ),
                        name="day_figure_of_money_has_currency",
                    ),
                ],
            },
        ),
        migrations.RunSQL(HOT, NOT_HOT),
        migrations.RunPython(_comment, migrations.RunPython.noop),
    ]
