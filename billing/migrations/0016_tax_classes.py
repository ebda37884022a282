"""Prices are sold by more classes of tax: second and super-reduced rates, reverse charge at home."""

from django.db import migrations, models


# A column that a trigger names can't be altered: the triggers are made anew.
THAW = """
DROP TRIGGER price_never_changes ON billing_price;
DROP TRIGGER price_never_deleted ON billing_price;
DROP TRIGGER price_never_truncated ON billing_price;
DROP TRIGGER order_line_never_changes ON billing_orderline;
DROP TRIGGER order_line_never_deleted ON billing_orderline;
DROP TRIGGER order_line_never_truncated ON billing_orderline;
DROP TRIGGER tax_rate_never_changes ON billing_taxrate;
DROP TRIGGER tax_rate_never_deleted ON billing_taxrate;
DROP TRIGGER tax_rate_never_truncated ON billing_taxrate;
"""
FREEZE = """
SELECT anlass_make_facts('billing_price', 'price', '{valid_until}');
SELECT anlass_make_facts('billing_orderline', 'order_line', '{}');
SELECT anlass_make_facts('billing_taxrate', 'tax_rate', '{valid_until}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0015_sellers_make_documents"),
    ]

    operations = [
        migrations.RunSQL(THAW, FREEZE),
        migrations.RemoveConstraint(
            model_name="orderline",
            name="order_line_priced_or_of_product",
        ),
        migrations.RemoveConstraint(
            model_name="price",
            name="price_can_be_rated",
        ),
        migrations.AlterField(
            model_name="orderline",
            name="tax_class",
            field=models.CharField(
                blank=True,
                choices=[
                    ("standard", "standard"),
                    ("reduced", "reduced"),
                    ("second_reduced", "second reduced"),
                    ("super_reduced", "super reduced"),
                    ("zero", "zero"),
                    ("exempt", "exempt"),
                    ("reverse_charge", "reverse charge"),
                    ("heat", "heat"),
                    ("restaurant", "restaurant"),
                    ("solar", "solar"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="price",
            name="tax_class",
            field=models.CharField(
                choices=[
                    ("standard", "standard"),
                    ("reduced", "reduced"),
                    ("second_reduced", "second reduced"),
                    ("super_reduced", "super reduced"),
                    ("zero", "zero"),
                    ("exempt", "exempt"),
                    ("reverse_charge", "reverse charge"),
                    ("heat", "heat"),
                    ("restaurant", "restaurant"),
                    ("solar", "solar"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="taxrate",
            name="tax_class",
            field=models.CharField(
                choices=[
                    ("standard", "standard"),
                    ("reduced", "reduced"),
                    ("second_reduced", "second reduced"),
                    ("super_reduced", "super reduced"),
                    ("zero", "zero"),
                    ("exempt", "exempt"),
                    ("reverse_charge", "reverse charge"),
                    ("heat", "heat"),
                    ("restaurant", "restaurant"),
                    ("solar", "solar"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "tax_class__in",
                            [
                                "standard",
                                "reduced",
                                "second_reduced",
                                "super_reduced",
                                "zero",
                                "exempt",
                                "reverse_charge",
                                "heat",
                                "restaurant",
                                "solar",
                            ],
                        ),
                        ("unit_price__isnull", False),
                        models.Q(("text", ""), _negated=True),
                    ),
                    models.Q(
                        ("product__isnull", False), ("tax_class", ""), ("unit_price__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="order_line_priced_or_of_product",
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["recurring", "once", "usage"]),
                    ("timing__in", ["advance", "arrears"]),
                    (
                        "model__in",
                        [
                            "flat",
                            "per_unit",
                            "graduated",
                            "volume",
                            "package",
                            "stairstep",
                            "percentage",
                            "graduated_percentage",
                            "dynamic",
                        ],
                    ),
                    (
                        "tax_class__in",
                        [
                            "standard",
                            "reduced",
                            "second_reduced",
                            "super_reduced",
                            "zero",
                            "exempt",
                            "reverse_charge",
                            "heat",
                            "restaurant",
                            "solar",
                        ],
                    ),
                    ("proration__in", ["daily", "second", "thirty_days", "none"]),
                    ("rounding__in", ["up", "down"]),
                    ("applies_to__in", ["new", "next_period", "at_once"]),
                ),
                name="price_can_be_rated",
            ),
        ),
        migrations.RunSQL(FREEZE, THAW),
    ]
