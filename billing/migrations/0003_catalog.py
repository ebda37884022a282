"""What is sold for how much, and the seller's own decisions on its tax."""

import billing.identifiers
import billing.ids
import billing.sellers.models.sellers
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0002_sellers_and_customers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Product",
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
                ("code", models.CharField(max_length=100)),
                ("name", models.CharField(help_text="As printed.", max_length=200)),
                ("created_at", models.DateTimeField()),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="billing.seller",
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="More about it, as printed.",
                        max_length=500,
                    ),
                ),
                (
                    "exemption_code",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of class exempt: VATEX code of the reason, for example VATEX-EU-132-1I.",
                        max_length=30,
                        validators=[billing.identifiers.check_code_of_exempt],
                    ),
                ),
                (
                    "exemption_text",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of class exempt: the paragraph, as printed; empty: as the code tells.",
                        max_length=300,
                    ),
                ),
                (
                    "supply",
                    models.CharField(
                        choices=[
                            ("service", "service"),
                            ("digital", "digital"),
                            ("goods", "goods"),
                        ],
                        db_default="digital",
                        default="digital",
                        help_text="Across borders: digital services to consumers are taxed where they live, others where the seller is.",
                        max_length=7,
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        db_default="C62",
                        default="C62",
                        help_text="UN/ECE recommendation 20 code: C62 piece, HUR hour, KGM kilogram, KWH …",
                        max_length=3,
                        validators=[billing.identifiers.check_unit],
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("seller", "code"), name="product_code_once"),
                    models.CheckConstraint(
                        condition=models.Q(("supply__in", ["service", "digital", "goods"])),
                        name="product_supply_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Plan",
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
                ("code", models.CharField(max_length=100)),
                ("name", models.CharField(help_text="As printed.", max_length=200)),
                (
                    "interval",
                    models.CharField(
                        choices=[
                            ("day", "day"),
                            ("week", "week"),
                            ("month", "month"),
                            ("quarter", "quarter"),
                            ("half_year", "half year"),
                            ("year", "year"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "interval_count",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                (
                    "alignment",
                    models.CharField(
                        choices=[("anniversary", "anniversary"), ("calendar", "calendar")],
                        help_text="Periods begin on the anniversary of the start, or with the calendar's.",
                        max_length=11,
                    ),
                ),
                (
                    "anchor_day",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Day of month on which periods begin; 31 means the last day where shorter.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(31),
                        ],
                    ),
                ),
                (
                    "trial_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Days from the start for which recurring prices aren't owed.",
                    ),
                ),
                (
                    "minimum_commitment",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="What the charges of a whole period come to at least.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plans",
                        to="billing.product",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plans",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("seller", "code"), name="plan_code_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "interval__in",
                                ["day", "week", "month", "quarter", "half_year", "year"],
                            ),
                            ("interval_count__gte", 1),
                        ),
                        name="plan_interval_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("alignment", "anniversary"),
                            models.Q(
                                ("alignment", "calendar"),
                                ("anchor_day__isnull", True),
                                ("interval_count", 1),
                                models.Q(("interval", "day"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="plan_calendar_has_no_count_or_anchor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("anchor_day__isnull", True),
                            models.Q(
                                ("anchor_day__range", (1, 31)),
                                models.Q(("interval__in", ["day", "week"]), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="plan_anchor_day_in_month",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("minimum_commitment__isnull", True),
                            ("minimum_commitment__gte", 0),
                            _connector="OR",
                        ),
                        name="plan_commitment_not_negative",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Meter",
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
                ("code", models.CharField(max_length=100)),
                ("name", models.CharField(help_text="As printed.", max_length=200)),
                (
                    "aggregation",
                    models.CharField(
                        choices=[
                            ("count", "count"),
                            ("sum", "sum"),
                            ("max", "max"),
                            ("unique", "unique"),
                            ("latest", "latest"),
                            ("weighted_sum", "weighted sum"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "property",
                    models.CharField(
                        blank=True,
                        help_text="The record's property that is aggregated; empty: its value.",
                        max_length=100,
                        null=True,
                    ),
                ),
                (
                    "carried",
                    models.BooleanField(
                        help_text="Whether its level goes on from period to period."
                    ),
                ),
                (
                    "dimensions",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Names of the properties that prices may filter or group by.",
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="meters",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("seller", "code"), name="meter_code_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "aggregation__in",
                                ["count", "sum", "max", "unique", "latest", "weighted_sum"],
                            )
                        ),
                        name="meter_aggregation_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("property__isnull", True),
                            models.Q(("property", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="meter_property_named",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(
                                models.F("dimensions"),
                                function="jsonb_typeof",
                                output_field=models.TextField(),
                            ),
                            models.Value("array"),
                        ),
                        name="meter_dimensions_listed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Price",
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
                ("code", models.CharField(max_length=100)),
                ("text", models.CharField(help_text="As printed on the line.", max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[("recurring", "recurring"), ("once", "once"), ("usage", "usage")],
                        max_length=9,
                    ),
                ),
                (
                    "timing",
                    models.CharField(
                        choices=[("advance", "advance"), ("arrears", "arrears")], max_length=7
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        choices=[
                            ("flat", "flat"),
                            ("per_unit", "per unit"),
                            ("graduated", "graduated"),
                            ("volume", "volume"),
                            ("package", "package"),
                            ("stairstep", "stairstep"),
                            ("percentage", "percentage"),
                            ("graduated_percentage", "graduated percentage"),
                            ("dynamic", "dynamic"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="Of a period where the model is flat, of a package where it is package.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "unit_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="Of one unit, where the model is per unit.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "tiers",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="In order; each: up_to (null in the last), unit_price, flat, rate (percent).",
                    ),
                ),
                (
                    "size",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="Units in a package.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "free_units",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="Units before the first package is paid.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "rounding",
                    models.CharField(
                        choices=[("up", "up"), ("down", "down")],
                        default="up",
                        help_text="Whether a begun package counts (up) or not (down).",
                        max_length=4,
                    ),
                ),
                (
                    "rate",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="Percent of the values, where the model is percentage.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "fixed_fee",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="For each record, where the model is percentage.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "free_events",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Records of a period that are free of rate and fee.",
                        null=True,
                    ),
                ),
                (
                    "free_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="Sum of a period's values that is free of rate and fee.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "min_per_event",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="Least that the rate takes of one record.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "max_per_event",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="Most that the rate takes of one record.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "minimum",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="Least that a period costs.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "maximum",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="Most that a period costs.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "filters",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Property of a record: the values that count.",
                    ),
                ),
                (
                    "group_by",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Properties whose values have the tiers for themselves.",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Give the ISO 4217 code, for example EUR."
                            )
                        ],
                    ),
                ),
                (
                    "tax_class",
                    models.CharField(
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
                ("tax_included", models.BooleanField(help_text="Whether the price is gross.")),
                (
                    "proration",
                    models.CharField(
                        choices=[
                            ("daily", "daily"),
                            ("second", "second"),
                            ("thirty_days", "thirty days"),
                            ("none", "none"),
                        ],
                        max_length=11,
                    ),
                ),
                ("valid_from", models.DateField(help_text="First day on sale.")),
                (
                    "valid_until",
                    models.DateField(
                        blank=True,
                        help_text="First day no longer on sale; may be set once.",
                        null=True,
                    ),
                ),
                (
                    "applies_to",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("next_period", "next period"),
                            ("at_once", "at once"),
                        ],
                        default="next_period",
                        help_text="Whom it reaches: only those who agree on it (new), or also who has an earlier version, from the next period that begins while it is valid, or at once.",
                        max_length=11,
                    ),
                ),
                (
                    "recorded_on",
                    models.DateField(editable=False, help_text="Day on which it became known."),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "meter",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prices",
                        to="billing.meter",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prices",
                        to="billing.plan",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prices",
                        to="billing.product",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prices",
                        to="billing.seller",
                    ),
                ),
                (
                    "exemption_code",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of class exempt: VATEX code of the reason, for example VATEX-EU-132-1I.",
                        max_length=30,
                        validators=[billing.identifiers.check_code_of_exempt],
                    ),
                ),
                (
                    "exemption_text",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of class exempt: the paragraph, as printed; empty: as the code tells.",
                        max_length=300,
                    ),
                ),
                (
                    "supply",
                    models.CharField(
                        choices=[
                            ("service", "service"),
                            ("digital", "digital"),
                            ("goods", "goods"),
                        ],
                        db_default="digital",
                        default="digital",
                        help_text="Across borders: digital services to consumers are taxed where they live, others where the seller is.",
                        max_length=7,
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        db_default="C62",
                        default="C62",
                        help_text="UN/ECE recommendation 20 code: C62 piece, HUR hour, KGM kilogram, KWH …",
                        max_length=3,
                        validators=[billing.identifiers.check_unit],
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "once"),
                                ("maximum__isnull", True),
                                ("minimum__isnull", True),
                                ("model__in", ["flat", "per_unit"]),
                                ("plan__isnull", True),
                                ("product__isnull", False),
                            ),
                            models.Q(("plan__isnull", False), ("product__isnull", True)),
                            _connector="OR",
                        ),
                        name="price_of_plan_or_product",
                    ),
                    models.CheckConstraint(
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
                            ("supply__in", ["service", "digital", "goods"]),
                        ),
                        name="price_can_be_rated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "recurring"),
                            models.Q(("kind", "once"), ("timing", "advance")),
                            models.Q(("kind", "usage"), ("timing", "arrears")),
                            _connector="OR",
                        ),
                        name="price_timing_of_its_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code", "minimum_commitment"), _negated=True),
                        name="price_code_not_reserved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("model", "flat"),
                                ("tiers", []),
                                ("amount__isnull", False),
                                ("unit_price__isnull", True),
                                ("size__isnull", True),
                                ("free_units__isnull", True),
                                ("rate__isnull", True),
                                ("fixed_fee__isnull", True),
                                ("free_events__isnull", True),
                                ("free_amount__isnull", True),
                                ("min_per_event__isnull", True),
                                ("max_per_event__isnull", True),
                            ),
                            models.Q(
                                ("model", "per_unit"),
                                ("tiers", []),
                                ("amount__isnull", True),
                                ("unit_price__isnull", False),
                                ("size__isnull", True),
                                ("free_units__isnull", True),
                                ("rate__isnull", True),
                                ("fixed_fee__isnull", True),
                                ("free_events__isnull", True),
                                ("free_amount__isnull", True),
                                ("min_per_event__isnull", True),
                                ("max_per_event__isnull", True),
                            ),
                            models.Q(
                                ("model", "graduated"),
                                django.db.models.lookups.Exact(
                                    models.Func(
                                        models.F("tiers"),
                                        function="jsonb_typeof",
                                        output_field=models.TextField(),
                                    ),
                                    models.Value("array"),
                                ),
                                models.Q(("tiers", []), _negated=True),
                                ("amount__isnull", True),
                                ("unit_price__isnull", True),
                                ("size__isnull", True),
                                ("free_units__isnull", True),
                                ("rate__isnull", True),
                                ("fixed_fee__isnull", True),
                                ("free_events__isnull", True),
                                ("free_amount__isnull", True),
                                ("min_per_event__isnull", True),
                                ("max_per_event__isnull", True),
                            ),
                            models.Q(
                                ("model", "volume"),
                                django.db.models.lookups.Exact(
                                    models.Func(
                                        models.F("tiers"),
                                        function="jsonb_typeof",
                                        output_field=models.TextField(),
                                    ),
                                    models.Value("array"),
                                ),
                                models.Q(("tiers", []), _negated=True),
                                ("amount__isnull", True),
                                ("unit_price__isnull", True),
                                ("size__isnull", True),
                                ("free_units__isnull", True),
                                ("rate__isnull", True),
                                ("fixed_fee__isnull", True),
                                ("free_events__isnull", True),
                                ("free_amount__isnull", True),
                                ("min_per_event__isnull", True),
                                ("max_per_event__isnull", True),
                            ),
                            models.Q(
                                ("model", "package"),
                                ("tiers", []),
                                ("amount__isnull", False),
                                ("unit_price__isnull", True),
                                ("size__isnull", False),
                                ("rate__isnull", True),
                                ("fixed_fee__isnull", True),
                                ("free_events__isnull", True),
                                ("free_amount__isnull", True),
                                ("min_per_event__isnull", True),
                                ("max_per_event__isnull", True),
                            ),
                            models.Q(
                                ("model", "stairstep"),
                                django.db.models.lookups.Exact(
                                    models.Func(
                                        models.F("tiers"),
                                        function="jsonb_typeof",
                                        output_field=models.TextField(),
                                    ),
                                    models.Value("array"),
                                ),
                                models.Q(("tiers", []), _negated=True),
                                ("amount__isnull", True),
                                ("unit_price__isnull", True),
                                ("size__isnull", True),
                                ("free_units__isnull", True),
                                ("rate__isnull", True),
                                ("fixed_fee__isnull", True),
                                ("free_events__isnull", True),
                                ("free_amount__isnull", True),
                                ("min_per_event__isnull", True),
                                ("max_per_event__isnull", True),
                            ),
                            models.Q(
                                ("model", "percentage"),
                                ("tiers", []),
                                ("amount__isnull", True),
                                ("unit_price__isnull", True),
                                ("size__isnull", True),
                                ("free_units__isnull", True),
                                ("rate__isnull", False),
                            ),
                            models.Q(
                                ("model", "graduated_percentage"),
                                django.db.models.lookups.Exact(
                                    models.Func(
                                        models.F("tiers"),
                                        function="jsonb_typeof",
                                        output_field=models.TextField(),
                                    ),
                                    models.Value("array"),
                                ),
                                models.Q(("tiers", []), _negated=True),
                                ("amount__isnull", True),
                                ("unit_price__isnull", True),
                                ("size__isnull", True),
                                ("free_units__isnull", True),
                                ("rate__isnull", True),
                                ("fixed_fee__isnull", True),
                                ("free_events__isnull", True),
                                ("free_amount__isnull", True),
                                ("min_per_event__isnull", True),
                                ("max_per_event__isnull", True),
                            ),
                            models.Q(
                                ("model", "dynamic"),
                                ("tiers", []),
                                ("amount__isnull", True),
                                ("unit_price__isnull", True),
                                ("size__isnull", True),
                                ("free_units__isnull", True),
                                ("rate__isnull", True),
                                ("fixed_fee__isnull", True),
                                ("free_events__isnull", True),
                                ("free_amount__isnull", True),
                                ("min_per_event__isnull", True),
                                ("max_per_event__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="price_has_amounts_of_its_model",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount__isnull", True), ("amount__gte", 0), _connector="OR"),
                            models.Q(
                                ("unit_price__isnull", True),
                                ("unit_price__gte", 0),
                                _connector="OR",
                            ),
                            models.Q(("size__isnull", True), ("size__gte", 0), _connector="OR"),
                            models.Q(
                                ("free_units__isnull", True),
                                ("free_units__gte", 0),
                                _connector="OR",
                            ),
                            models.Q(("rate__isnull", True), ("rate__gte", 0), _connector="OR"),
                            models.Q(
                                ("fixed_fee__isnull", True), ("fixed_fee__gte", 0), _connector="OR"
                            ),
                            models.Q(
                                ("free_events__isnull", True),
                                ("free_events__gte", 0),
                                _connector="OR",
                            ),
                            models.Q(
                                ("free_amount__isnull", True),
                                ("free_amount__gte", 0),
                                _connector="OR",
                            ),
                            models.Q(
                                ("min_per_event__isnull", True),
                                ("min_per_event__gte", 0),
                                _connector="OR",
                            ),
                            models.Q(
                                ("max_per_event__isnull", True),
                                ("max_per_event__gte", 0),
                                _connector="OR",
                            ),
                            models.Q(
                                ("minimum__isnull", True), ("minimum__gte", 0), _connector="OR"
                            ),
                            models.Q(
                                ("maximum__isnull", True), ("maximum__gte", 0), _connector="OR"
                            ),
                            models.Q(("size", 0), _negated=True),
                        ),
                        name="price_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("minimum__isnull", True),
                                ("maximum__isnull", True),
                                ("minimum__lte", models.F("maximum")),
                                _connector="OR",
                            ),
                            models.Q(
                                ("min_per_event__isnull", True),
                                ("max_per_event__isnull", True),
                                ("min_per_event__lte", models.F("max_per_event")),
                                _connector="OR",
                            ),
                        ),
                        name="price_bounds_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "usage"), ("meter__isnull", False)),
                            models.Q(
                                ("filters", {}),
                                ("group_by", []),
                                ("meter__isnull", True),
                                models.Q(("kind", "usage"), _negated=True),
                                models.Q(("model__in", ["percentage", "dynamic"]), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="price_of_usage_has_meter",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.Exact(
                                models.Func(
                                    models.F("filters"),
                                    function="jsonb_typeof",
                                    output_field=models.TextField(),
                                ),
                                models.Value("object"),
                            ),
                            django.db.models.lookups.Exact(
                                models.Func(
                                    models.F("group_by"),
                                    function="jsonb_typeof",
                                    output_field=models.TextField(),
                                ),
                                models.Value("array"),
                            ),
                        ),
                        name="price_filters_and_groups_listed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="price_validity_forward",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (models.F("seller"), "="),
                            (
                                models.Func(
                                    models.F("plan"), models.F("product"), function="coalesce"
                                ),
                                "=",
                            ),
                            (models.F("code"), "="),
                            (models.F("currency"), "="),
                            (
                                models.Func(
                                    models.F("valid_from"),
                                    models.F("valid_until"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="price_code_on_sale_once",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (models.F("plan"), "="),
                            (models.F("code"), "="),
                            (models.F("currency"), "="),
                            (
                                models.Func(
                                    models.F("kind"),
                                    models.F("timing"),
                                    function="textcat",
                                    output_field=models.TextField(),
                                ),
                                "<>",
                            ),
                        ],
                        name="price_code_of_one_kind",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("product__isnull", False)),
                        expressions=[
                            (models.F("product"), "="),
                            (models.F("currency"), "="),
                            (
                                models.Func(
                                    models.F("valid_from"),
                                    models.F("valid_until"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="price_of_product_on_sale_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Coupon",
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
                    "code",
                    models.CharField(
                        help_text="What customers name; capital and small letters are alike.",
                        max_length=50,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$",
                                "Use letters, digits, dots, dashes, underscores.",
                            )
                        ],
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="Taken off each period; or else an amount.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="Off each period, in the coupon's currency.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        blank=True,
                        help_text="Of the amount.",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Give the ISO 4217 code, for example EUR."
                            )
                        ],
                    ),
                ),
                (
                    "periods",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="For how many billing periods; empty: for ever.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1000),
                        ],
                    ),
                ),
                (
                    "price_codes",
                    models.JSONField(
                        blank=True,
                        help_text="Codes of the prices it reduces; null: recurring ones.",
                        null=True,
                    ),
                ),
                (
                    "plan_codes",
                    models.JSONField(
                        blank=True,
                        help_text="Codes of the plans it is good for; null: all.",
                        null=True,
                    ),
                ),
                (
                    "valid_from",
                    models.DateField(help_text="First day on which it can be redeemed."),
                ),
                (
                    "valid_until",
                    models.DateField(
                        blank=True,
                        help_text="First day on which it no longer can; may be set once.",
                        null=True,
                    ),
                ),
                (
                    "max_redemptions",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How often it can be redeemed; empty: without limit.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "once_per_customer",
                    models.BooleanField(help_text="Whether each customer has it once only."),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coupons",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("seller"),
                        django.db.models.functions.text.Upper("code"),
                        name="coupon_code_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$")),
                        name="coupon_code_plain",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("amount__isnull", True),
                                ("currency", ""),
                                ("percent__gt", 0),
                                ("percent__lte", 100),
                            ),
                            models.Q(
                                ("amount__gt", 0),
                                ("percent__isnull", True),
                                models.Q(("currency", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="coupon_percent_or_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("periods__isnull", True), ("periods__gte", 1), _connector="OR"
                            ),
                            models.Q(
                                ("max_redemptions__isnull", True),
                                ("max_redemptions__gte", 1),
                                _connector="OR",
                            ),
                        ),
                        name="coupon_counts_from_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("price_codes__isnull", True),
                                models.Q(
                                    django.db.models.lookups.Exact(
                                        models.Func(
                                            models.F("price_codes"),
                                            function="jsonb_typeof",
                                            output_field=models.TextField(),
                                        ),
                                        models.Value("array"),
                                    ),
                                    models.Q(("price_codes", []), _negated=True),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("plan_codes__isnull", True),
                                models.Q(
                                    django.db.models.lookups.Exact(
                                        models.Func(
                                            models.F("plan_codes"),
                                            function="jsonb_typeof",
                                            output_field=models.TextField(),
                                        ),
                                        models.Value("array"),
                                    ),
                                    models.Q(("plan_codes", []), _negated=True),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="coupon_codes_listed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="coupon_validity_forward",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaxOverride",
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
                    "tax_class",
                    models.CharField(
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
                        db_default="",
                        default="",
                        help_text="Empty: any.",
                        max_length=20,
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of the customer, or of delivery; empty: any.",
                        max_length=2,
                        validators=[billing.sellers.models.sellers.check_country],
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("S", "S: taxed"),
                            ("Z", "Z: taxed at 0 %"),
                            ("E", "E: exempt"),
                            ("AE", "AE: reverse charge"),
                            ("K", "K: intra-community supply"),
                            ("G", "G: export"),
                            ("O", "O: outside the scope"),
                        ],
                        max_length=2,
                    ),
                ),
                ("percent", models.DecimalField(decimal_places=3, default=0, max_digits=6)),
                (
                    "exemption_code",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="VATEX code.",
                        max_length=30,
                        validators=[billing.identifiers.check_exemption_code],
                    ),
                ),
                (
                    "exemption_text",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Why there is no VAT, as printed.",
                        max_length=300,
                    ),
                ),
                (
                    "reason",
                    models.CharField(help_text="Why the seller decides so.", max_length=500),
                ),
                ("valid_from", models.DateField(help_text="First day of supply.")),
                (
                    "valid_until",
                    models.DateField(
                        blank=True,
                        help_text="First day of supply without it; may be set once.",
                        null=True,
                    ),
                ),
                ("recorded_by", models.CharField(help_text="Who decided it.", max_length=200)),
                ("created_at", models.DateTimeField()),
                (
                    "ended_at",
                    models.DateTimeField(
                        editable=False, help_text="When its end was set.", null=True
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tax_overrides",
                        to="billing.customer",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.product",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tax_overrides",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (models.F("seller"), "="),
                            (
                                models.Func(
                                    models.F("customer"),
                                    function="coalesce",
                                    output_field=models.UUIDField(),
                                    template="coalesce(%(expressions)s, '00000000-0000-0000-0000-000000000000'::uuid)",
                                ),
                                "=",
                            ),
                            (
                                models.Func(
                                    models.F("product"),
                                    function="coalesce",
                                    output_field=models.UUIDField(),
                                    template="coalesce(%(expressions)s, '00000000-0000-0000-0000-000000000000'::uuid)",
                                ),
                                "=",
                            ),
                            (models.F("tax_class"), "="),
                            (models.F("country"), "="),
                            (
                                models.Func(
                                    models.F("valid_from"),
                                    models.F("valid_until"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="tax_override_once_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("category", "S"), ("percent__gt", 0), ("percent__lt", 100)),
                            models.Q(
                                ("category__in", ["Z", "E", "AE", "K", "G", "O"]), ("percent", 0)
                            ),
                            _connector="OR",
                        ),
                        name="tax_override_percent_of_category",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("category", "E"), _negated=True),
                            models.Q(("exemption_text", ""), _negated=True),
                            models.Q(("exemption_code", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="tax_override_exempt_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="tax_override_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="tax_override_validity_forward",
                    ),
                ],
            },
        ),
    ]
