"""The log, and what is metered: records by month, their keys, what they add up to, what waits."""

import billing.ids
import django.contrib.postgres.fields
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
        ("billing", "0004_contracts_and_orders"),
    ]

    operations = [
        migrations.CreateModel(
            name="Event",
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
                    "transaction_id",
                    models.UUIDField(
                        help_text="Id of the event that began the story; its own where it is the first."
                    ),
                ),
                (
                    "position",
                    models.BigIntegerField(
                        db_default=models.Func(
                            models.Value("billing_event_position"), function="nextval"
                        ),
                        editable=False,
                        help_text="Order of appending.",
                    ),
                ),
                ("type", models.CharField(max_length=50)),
                (
                    "stream_id",
                    models.UUIDField(help_text="The row whose events are handled in order."),
                ),
                ("payload", models.JSONField(help_text="Ids only.")),
                (
                    "as_of_date",
                    models.DateField(help_text="The seller's day as of which it is handled."),
                ),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("idempotency_key", models.CharField(max_length=120)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("noted", "noted: no task listens"),
                            ("waiting", "Waiting"),
                            ("handled", "Handled"),
                            ("failed", "failed: see its failure"),
                            ("written_off", "written off by a human"),
                        ],
                        max_length=11,
                    ),
                ),
                (
                    "published_at",
                    models.DateTimeField(
                        help_text="When it was last sent alone; empty if with others of a bulk.",
                        null=True,
                    ),
                ),
                (
                    "next_send_at",
                    models.DateTimeField(
                        help_text="When to send it again, if it still waits; of a bulk its message says that.",
                        null=True,
                    ),
                ),
                (
                    "sends",
                    models.PositiveIntegerField(
                        default=0, help_text="How often it was sent alone."
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="billing.seller",
                    ),
                ),
                (
                    "queue",
                    models.CharField(
                        blank=True,
                        help_text="The broker's, of its messages; empty if none listens.",
                        max_length=20,
                    ),
                ),
                (
                    "retried_at",
                    models.DateTimeField(
                        help_text="When a failure of it was last retried: it waits since then.",
                        null=True,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("state", "waiting"), models.Q(("queue", "bulk"), _negated=True)
                        ),
                        fields=["next_send_at"],
                        name="event_to_send",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("next_send_at__isnull", False), ("queue", "bulk"), ("state", "waiting")
                        ),
                        fields=["next_send_at"],
                        name="event_bulk_to_send",
                    ),
                    models.Index(
                        django.db.models.functions.comparison.Coalesce("retried_at", "recorded_at"),
                        condition=models.Q(("queue", "billing"), ("state", "waiting")),
                        name="event_waiting_since",
                    ),
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["stream_id", "position"],
                        name="event_waiting_in_stream",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "failed"]), ("sends__gte", 0)),
                        fields=["seller", "type", "occurred_at", "state"],
                        name="event_unsettled",
                    ),
                    models.Index(fields=["transaction_id"], name="event_of_transaction"),
                    models.Index(fields=["seller", "position"], name="event_by_seller"),
                    models.Index(
                        condition=models.Q(
                            ("type__in", ("documents.rendered", "invoice.issued", "period.ended")),
                            _negated=True,
                        ),
                        fields=["seller", "type", "position"],
                        name="event_by_type",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("state__in", ["failed", "written_off"]), ("sends__gte", 0)
                        ),
                        fields=["seller", "state", "position"],
                        name="event_by_state",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "idempotency_key"), name="event_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["noted", "waiting", "handled", "failed", "written_off"])
                        ),
                        name="event_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("type", models.CharField(help_text="Of the events.", max_length=50)),
                (
                    "event_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
                ("size", models.PositiveIntegerField(help_text="How many events it names.")),
                (
                    "published_at",
                    models.DateTimeField(help_text="When it was last sent.", null=True),
                ),
                (
                    "next_send_at",
                    models.DateTimeField(help_text="When to send it, or to send it again."),
                ),
                ("sends", models.PositiveIntegerField(default=0)),
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("sends", 0)),
                        fields=["seller", "next_send_at"],
                        name="bulk_message_unsent",
                    ),
                    models.Index(
                        condition=models.Q(("sends__gt", 0)),
                        fields=["seller", "size"],
                        name="bulk_message_sent",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("task", models.CharField(max_length=80)),
                ("worker", models.CharField(max_length=120)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[("succeeded", "Succeeded"), ("failed", "Failed")], max_length=9
                    ),
                ),
                ("error_class", models.CharField(blank=True, max_length=120)),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="billing.event",
                    ),
                ),
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
                        models.F("event"),
                        models.F("task"),
                        models.Case(
                            models.When(outcome="succeeded", then=True),
                            output_field=models.BooleanField(),
                        ),
                        name="event_handled_once_per_task",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["succeeded", "failed"]),
                            ("ended_at__gte", models.F("started_at")),
                        ),
                        name="attempt_ended",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AttemptArchive",
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
                    "after_position",
                    models.BigIntegerField(help_text="Of the latest event before the stretch."),
                ),
                ("until_position", models.BigIntegerField(help_text="Of the latest event in it.")),
                (
                    "attempts",
                    models.PositiveBigIntegerField(help_text="How many tries the file holds."),
                ),
                ("storage_name", models.CharField(max_length=200)),
                ("sha256", models.CharField(help_text="Of the file.", max_length=64)),
                ("created_at", models.DateTimeField()),
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
                        fields=("seller", "after_position"), name="attempt_archive_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until_position__gt", models.F("after_position"))),
                        name="attempt_archive_forward",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Failure",
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
                        help_text="What kind of failure it is.", max_length=60, verbose_name="class"
                    ),
                ),
                ("reason", models.TextField(help_text="What is wrong, in plain words.")),
                ("remedy", models.TextField(help_text="What to do about it.")),
                (
                    "money_at_stake_minor",
                    models.BigIntegerField(
                        help_text="Net, in minor units; empty where it can't be known.", null=True
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3)),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        help_text="0 to 100; the highest comes first."
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("retried", "retried: the event was sent again"),
                            ("resolved", "resolved: the retry succeeded"),
                            ("written_off", "written off"),
                        ],
                        max_length=11,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "closed_by",
                    models.CharField(blank=True, help_text="Who closed it.", max_length=150),
                ),
                ("closing_note", models.TextField(blank=True, help_text="Why it was closed.")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="failures",
                        to="billing.event",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="failures",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["seller", "id"], name="failure_by_seller"),
                    models.Index(fields=["seller", "state", "id"], name="failure_by_state"),
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["seller", "-priority", "opened_at"],
                        name="failure_inbox",
                    ),
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["-priority", "opened_at"],
                        name="failure_inbox_of_all",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("event",),
                        name="failure_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("state", "open")),
                            models.Q(
                                ("closed_at__isnull", False),
                                ("state__in", ["retried", "resolved", "written_off"]),
                            ),
                            _connector="OR",
                        ),
                        name="failure_closed_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__range", (0, 100))),
                        name="failure_priority_in_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                (
                    "holder",
                    models.CharField(
                        help_text="Host, process, and a number of its own.", max_length=200
                    ),
                ),
                ("token", models.BigIntegerField(help_text="How often it changed hands.")),
                ("until", models.DateTimeField(help_text="By the clock of the database.")),
            ],
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
                        fields=("seller", "meter_code", "key", "payload_hash"),
                        name="usage_conflict_kept_once",
                    )
                ],
            },
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
                        db_index=False,
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
                        fields=("seller", "reason", "named"), name="unattributed_usage_told_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("waiting__gte", 0)),
                        name="unattributed_usage_not_negative",
                    ),
                ],
            },
        ),
    ]
