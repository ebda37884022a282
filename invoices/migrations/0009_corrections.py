"""Invoices are taken back, wholly or in part, as someone ordered; nothing beyond what is left."""

import billing.ids
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0014_prices_are_charged_in_their_time"),
        ("invoices", "0008_documents"),
    ]

    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=billing.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("cancellation", "cancellation"), ("correction", "correction")],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(help_text="As printed.", max_length=300)),
                (
                    "bill_again",
                    models.BooleanField(help_text="Whether what is owed is billed anew."),
                ),
                (
                    "settle",
                    models.CharField(
                        choices=[
                            (
                                "invoice",
                                "the invoice: less is left to pay; what was prepaid to the balance",
                            ),
                            ("balance", "the balance: the invoice was paid already"),
                            ("payout", "payout: the invoice was paid already"),
                        ],
                        max_length=7,
                    ),
                ),
                ("ordered_by", models.CharField(max_length=150)),
                ("ordered_on", models.DateField(help_text="The seller's day.")),
                ("ordered_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CorrectionLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=billing.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "amount_minor",
                    models.BigIntegerField(
                        help_text="With the sign of the line; gross where its price includes tax."
                    ),
                ),
                (
                    "quantity",
                    models.DecimalField(
                        decimal_places=12,
                        help_text="Units taken back, where it was said in units.",
                        max_digits=30,
                        null=True,
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="charge",
            name="charge_order_line_once",
        ),
        migrations.RemoveConstraint(
            model_name="charge",
            name="charge_period_charged_once",
        ),
        migrations.RemoveConstraint(
            model_name="charge",
            name="charge_taxed_as_charged_of_subscription",
        ),
        migrations.RemoveConstraint(
            model_name="invoice",
            name="invoice_kind_by_sign",
        ),
        migrations.AddField(
            model_name="charge",
            name="corrects",
            field=models.ForeignKey(
                db_index=False,
                help_text="The charge that someone had taken back by it, wholly or in part.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="invoices.charge",
            ),
        ),
        migrations.AddField(
            model_name="charge",
            name="is_concession",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="What it takes back is not charged again.",
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="corrected_invoice",
            field=models.ForeignKey(
                db_index=False,
                help_text="What a credit note that was ordered takes back, wholly or in part.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="invoices.invoice",
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="correction_kind",
            field=models.CharField(
                blank=True,
                choices=[("cancellation", "cancellation"), ("correction", "correction")],
                default="",
                help_text="Of a credit note that was ordered: whether it takes back all that was left.",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="settled_minor",
            field=models.BigIntegerField(
                default=0,
                help_text="Of a credit note that was ordered: what it settles of the invoice it corrects.",
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("corrected_invoice__isnull", False)),
                fields=["corrected_invoice"],
                name="invoice_correction_of",
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.UniqueConstraint(
                models.F("subscription"),
                models.F("price"),
                models.F("plan"),
                models.F("starts_on"),
                models.F("stretch_starts_on"),
                django.db.models.functions.text.MD5("tag"),
                models.F("is_credit"),
                models.F("cause"),
                models.F("corrects"),
                models.Case(models.When(is_taxed_as_charged=True, then="tax_category")),
                models.Case(models.When(is_taxed_as_charged=True, then="tax_percent")),
                condition=models.Q(("subscription__isnull", False)),
                name="charge_period_charged_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("order_line__isnull", False)),
                fields=("order_line", "cause", "corrects"),
                name="charge_order_line_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("corrects__isnull", False)),
                fields=("corrects", "cause"),
                name="charge_corrected_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_taxed_as_charged", False),
                    ("subscription__isnull", False),
                    ("corrects__isnull", False),
                    _connector="OR",
                ),
                name="charge_taxed_as_charged_of_subscription",
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("corrects__isnull", True), ("is_concession", False)),
                    models.Q(("corrects__isnull", False), ("is_taxed_as_charged", True)),
                    _connector="OR",
                ),
                name="charge_correction_taxed_as_charged",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("gross_minor__gte", 0), ("kind", "invoice")),
                    models.Q(("gross_minor__lt", 0), ("kind", "credit_note")),
                    models.Q(
                        ("corrected_invoice__isnull", False),
                        ("gross_minor", 0),
                        ("kind", "credit_note"),
                    ),
                    _connector="OR",
                ),
                name="invoice_kind_by_sign",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("corrected_invoice__isnull", True),
                        ("correction_kind", ""),
                        ("settled_minor", 0),
                    ),
                    models.Q(
                        ("corrected_invoice__isnull", False),
                        ("correction_kind__in", ["cancellation", "correction"]),
                        ("kind", "credit_note"),
                        ("settled_minor__gte", 0),
                        (
                            "settled_minor__lte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("gross_minor"), "*", models.Value(-1)
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="invoice_correction_wholly_said",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="invoice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections_ordered",
                to="invoices.invoice",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="seller",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.seller"
            ),
        ),
        migrations.AddField(
            model_name="correctionline",
            name="charge",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="invoices.charge"
            ),
        ),
        migrations.AddField(
            model_name="correctionline",
            name="correction",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="invoices.correction",
            ),
        ),
        migrations.AddField(
            model_name="correctionline",
            name="seller",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.seller",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", ""), _negated=True),
                    ("kind__in", ["cancellation", "correction"]),
                    ("settle__in", ["invoice", "balance", "payout"]),
                ),
                name="correction_said",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("bill_again", False), ("kind", "cancellation"), _connector="OR"
                ),
                name="correction_bills_again_wholly",
            ),
        ),
        migrations.AddConstraint(
            model_name="correctionline",
            constraint=models.UniqueConstraint(
                fields=("correction", "charge"), name="correction_line_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="correctionline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount_minor", 0), _negated=True),
                    models.Q(("quantity__isnull", True), ("quantity__gt", 0), _connector="OR"),
                ),
                name="correction_line_takes_back",
            ),
        ),
    ]
