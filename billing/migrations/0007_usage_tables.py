"""What is metered: records by month, their keys, what they add up to, what waits."""

import billing.ids
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models


# Partitions are what Django can't say; its own columns, types and names otherwise.
PARTITIONED = """
CREATE TABLE billing_usagerecord (
    seller_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    meter_id uuid NOT NULL,
    at timestamptz NOT NULL,
    key varchar(200) COLLATE "C" NOT NULL,
    value numeric(24, 12) NOT NULL,
    amount numeric(24, 12),
    properties jsonb NOT NULL,
    measured numeric(24, 12) NOT NULL,
    day date NOT NULL,
    rest_microseconds bigint NOT NULL,
    recorded_on date NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT usage_record_within_day CHECK (rest_microseconds > 0),
    PRIMARY KEY (subscription_id, meter_id, at, key)
) PARTITION BY RANGE (at);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0006_tax_rates"),
    ]

    operations = [
        migrations.CreateModel(
            name="UsageDistinct",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "subscription_id",
                        "meter_id",
                        "day",
                        "recorded_on",
                        "properties_id",
                        "value",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("recorded_on", models.DateField()),
                ("properties_id", models.UUIDField()),
                ("value", models.CharField(db_collation="C", max_length=300)),
                (
                    "meter",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.meter",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.seller",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.subscription",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UsageKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "seller_id",
                        "meter_code",
                        "key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "meter_code",
                    models.CharField(
                        db_collation="C", help_text="As sent, be it known or not.", max_length=100
                    ),
                ),
                ("key", models.CharField(db_collation="C", max_length=200)),
                (
                    "payload_hash",
                    models.BinaryField(help_text="BLAKE2b of 16 bytes of what was sent."),
                ),
                ("recorded_at", models.DateTimeField()),
                (
                    "seller",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.seller",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UnattributedRecord",
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
                    "reason",
                    models.CharField(
                        choices=[
                            ("meter_unknown", "Meter Unknown"),
                            ("subscription_unknown", "Subscription Unknown"),
                            ("subscription_not_running", "Not Running"),
                            ("property_missing", "Property Missing"),
                            ("property_not_number", "Property Not Number"),
                            ("in_future", "In Future"),
                        ],
                        help_text="As of the latest try.",
                        max_length=24,
                    ),
                ),
                ("meter_code", models.CharField(max_length=100)),
                ("key", models.CharField(db_collation="C", max_length=200)),
                ("payload", models.JSONField(help_text="The record as sent.")),
                ("recorded_at", models.DateTimeField()),
                (
                    "attributed_at",
                    models.DateTimeField(help_text="Null while it waits.", null=True),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        help_text="That tells of it.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.event",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("attributed_at__isnull", True)),
                        fields=["event", "id"],
                        name="unattributed_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "meter_code", "key"), name="unattributed_record_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UnattributedUsage",
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
                    "reason",
                    models.CharField(
                        choices=[
                            ("meter_unknown", "Meter Unknown"),
                            ("subscription_unknown", "Subscription Unknown"),
                            ("subscription_not_running", "Not Running"),
                            ("property_missing", "Property Missing"),
                            ("property_not_number", "Property Not Number"),
                            ("in_future", "In Future"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "named",
                    models.CharField(
                        help_text="The meter or subscription, as sent.", max_length=104
                    ),
                ),
                ("waiting", models.BigIntegerField(help_text="How many records wait.")),
                (
                    "event",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.event",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "reason", "named"), name="unattributed_usage_told_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("waiting__gte", 0)),
                        name="unattributed_usage_not_negative",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageBucket",
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
                ("day", models.DateField()),
                ("recorded_on", models.DateField()),
                ("properties", models.TextField()),
                (
                    "properties_id",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.comparison.Cast(
                            django.db.models.functions.text.MD5("properties"), models.UUIDField()
                        ),
                        help_text="Stands for the properties in the index, however long they are.",
                        output_field=models.UUIDField(),
                    ),
                ),
                ("count", models.BigIntegerField()),
                ("total", models.DecimalField(decimal_places=12, max_digits=40)),
                ("amount", models.DecimalField(decimal_places=12, max_digits=40)),
                ("highest", models.DecimalField(decimal_places=12, max_digits=24)),
                ("latest_at", models.DateTimeField()),
                (
                    "latest_key",
                    models.CharField(
                        db_collation="C",
                        help_text="Of two at one instant the later key.",
                        max_length=200,
                    ),
                ),
                ("latest", models.DecimalField(decimal_places=12, max_digits=24)),
                (
                    "weighted",
                    models.DecimalField(
                        decimal_places=18,
                        help_text="Sum of value x seconds to the day's end.",
                        max_digits=50,
                    ),
                ),
                (
                    "meter",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.meter",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.seller",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.subscription",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subscription", "meter", "day", "recorded_on", "properties_id"),
                        name="usage_bucket_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("count__gt", 0)), name="usage_bucket_counts"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageConflict",
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
                ("meter_code", models.CharField(max_length=100)),
                ("key", models.CharField(db_collation="C", max_length=200)),
                ("payload_hash", models.BinaryField()),
                ("payload", models.JSONField(help_text="The record as sent.")),
                ("recorded_at", models.DateTimeField()),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "meter_code", "key", "payload_hash"),
                        name="usage_conflict_kept_once",
                    )
                ],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(PARTITIONED, "DROP TABLE billing_usagerecord")],
            state_operations=[
                migrations.CreateModel(
                    name="UsageRecord",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "subscription_id",
                                "meter_id",
                                "at",
                                "key",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("at", models.DateTimeField(help_text="When it happened.")),
                        (
                            "key",
                            models.CharField(
                                db_collation="C", help_text="The caller's own.", max_length=200
                            ),
                        ),
                        (
                            "value",
                            models.DecimalField(
                                decimal_places=12, help_text="As sent; absent: 1.", max_digits=24
                            ),
                        ),
                        (
                            "amount",
                            models.DecimalField(
                                decimal_places=12,
                                help_text="Money, for dynamic prices.",
                                max_digits=24,
                                null=True,
                            ),
                        ),
                        ("properties", models.JSONField(help_text="Names with texts.")),
                        (
                            "measured",
                            models.DecimalField(
                                decimal_places=12,
                                help_text="The value that the meter takes from it.",
                                max_digits=24,
                            ),
                        ),
                        (
                            "day",
                            models.DateField(help_text="The seller's day on which it happened."),
                        ),
                        (
                            "rest_microseconds",
                            models.BigIntegerField(help_text="From `at` to the end of that day."),
                        ),
                        (
                            "recorded_on",
                            models.DateField(help_text="The seller's day since which it counts."),
                        ),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "meter",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.meter",
                            ),
                        ),
                        (
                            "seller",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.seller",
                            ),
                        ),
                        (
                            "subscription",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.subscription",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("rest_microseconds__gt", 0)),
                                name="usage_record_within_day",
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
