"""Deliveries with their tries, endpoints of apps, links, and how all that is wanted."""

import billing.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0015_sellers_make_documents"),
        ("invoices", "0013_charts_of_accounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailStyle",
            fields=[
                (
                    "seller",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="mail_style",
                        serialize=False,
                        to="billing.seller",
                    ),
                ),
                (
                    "sender",
                    models.EmailField(
                        blank=True, help_text="Empty: the seller's own address.", max_length=254
                    ),
                ),
                (
                    "sender_name",
                    models.CharField(blank=True, help_text="Empty: its name.", max_length=100),
                ),
                ("reply_to", models.EmailField(blank=True, max_length=254)),
                (
                    "subject_de",
                    models.CharField(blank=True, max_length=200, verbose_name="subject (German)"),
                ),
                (
                    "body_de",
                    models.TextField(blank=True, max_length=5000, verbose_name="text (German)"),
                ),
                (
                    "subject_en",
                    models.CharField(blank=True, max_length=200, verbose_name="subject (English)"),
                ),
                (
                    "body_en",
                    models.TextField(blank=True, max_length=5000, verbose_name="text (English)"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DeliveryWish",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="delivery_wish",
                        serialize=False,
                        to="billing.customer",
                    ),
                ),
                ("by_email", models.BooleanField(default=True, verbose_name="by e-mail")),
                (
                    "emails",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Where invoices go; none: to the customer's own address.",
                        verbose_name="e-mail addresses",
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
            options={"verbose_name_plural": "delivery wishes"},
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
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
                ("url", models.CharField(max_length=500, verbose_name="URL")),
                ("description", models.CharField(blank=True, max_length=200)),
                (
                    "event_types",
                    models.JSONField(help_text="Public types of events; * stands for all."),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("enabled", "Enabled"),
                            ("disabled", "Disabled"),
                            ("deleted", "Deleted"),
                        ],
                        default="enabled",
                        editable=False,
                        max_length=8,
                    ),
                ),
                (
                    "failing_since",
                    models.DateTimeField(
                        editable=False,
                        help_text="First failed try since the latest success.",
                        null=True,
                    ),
                ),
                ("disabled_at", models.DateTimeField(editable=False, null=True)),
                ("disabled_reason", models.CharField(blank=True, editable=False, max_length=300)),
                ("created_at", models.DateTimeField()),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="webhook_endpoints",
                        to="billing.seller",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Delivery",
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
                    "channel",
                    models.CharField(
                        choices=[
                            ("email", "e-mail"),
                            ("webhook", "webhook"),
                            ("download", "download"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "type",
                    models.CharField(help_text="Public type of what it tells.", max_length=50),
                ),
                ("address", models.CharField(blank=True, max_length=500)),
                ("body", models.TextField(blank=True, help_text="Of a webhook, as it is sent.")),
                (
                    "message_id",
                    models.CharField(help_text="The same with every try.", max_length=320),
                ),
                ("idempotency_key", models.CharField(max_length=400)),
                ("transaction_id", models.UUIDField()),
                ("created_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting: a try is ordered"),
                            ("failed", "failed: it is tried again"),
                            ("sent", "Sent"),
                            ("withheld", "withheld: a test seller writes to nobody"),
                            ("given_up", "given up: see its failure"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("tries", models.PositiveIntegerField(default=0)),
                (
                    "earlier_tries",
                    models.PositiveIntegerField(
                        default=0, help_text="Tries before it was given up for the latest time."
                    ),
                ),
                ("next_try_at", models.DateTimeField(null=True)),
                (
                    "held_until",
                    models.DateTimeField(help_text="Until when a worker is at it.", null=True),
                ),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        help_text="What it tells of.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.event",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="invoices.invoice",
                    ),
                ),
                (
                    "resends",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resent",
                        to="invoices.delivery",
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
                (
                    "endpoint",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="invoices.webhookendpoint",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
            },
        ),
        migrations.CreateModel(
            name="WebhookSecret",
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
                ("secret", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField()),
                (
                    "expires_at",
                    models.DateTimeField(help_text="Empty: it is the current one.", null=True),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="secrets",
                        to="invoices.webhookendpoint",
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
        ),
        migrations.CreateModel(
            name="DeliveryAttempt",
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
                ("number", models.PositiveIntegerField(help_text="1, 2, 3 … of the delivery.")),
                ("worker", models.CharField(max_length=120)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("unknown", "unknown: it is under way, or was cut short"),
                            ("sent", "Sent"),
                            ("withheld", "Withheld"),
                            ("failed", "failed: a later try may go well"),
                            ("refused", "refused: no try will go well"),
                        ],
                        default="unknown",
                        max_length=8,
                    ),
                ),
                ("status", models.PositiveIntegerField(help_text="Of HTTP or SMTP.", null=True)),
                (
                    "address",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Where it went: of a webhook, its endpoint's then.",
                        max_length=500,
                    ),
                ),
                (
                    "answer",
                    models.TextField(blank=True, help_text="What the receiver said, cut short."),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="invoices.delivery",
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
                        fields=("delivery", "number"), name="delivery_attempt_number_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("outcome", "unknown")),
                            models.Q(
                                models.Q(("outcome", "unknown"), _negated=True),
                                ("ended_at__gte", models.F("started_at")),
                            ),
                            _connector="OR",
                        ),
                        name="delivery_attempt_ended",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DownloadLink",
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
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("downloads", models.PositiveIntegerField(default=0)),
                ("latest_download_at", models.DateTimeField(null=True)),
                (
                    "delivery",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="download_link",
                        to="invoices.delivery",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="download_links",
                        to="invoices.invoice",
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
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="download_link_expires_later",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.UniqueConstraint(
                fields=("seller", "id"), name="webhook_endpoint_of_seller"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("disabled_at__isnull", True), ("state", "enabled")),
                    models.Q(
                        ("disabled_at__isnull", False), ("state__in", ["disabled", "deleted"])
                    ),
                    _connector="OR",
                ),
                name="webhook_endpoint_disabled_has_time",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "failed")), fields=["next_try_at"], name="delivery_due"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["endpoint", "id"], name="delivery_of_endpoint"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["transaction_id"], name="delivery_of_transaction"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("seller", "idempotency_key"), name="delivery_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("seller", "id"), name="delivery_by_seller"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "webhook"), ("endpoint__isnull", False)),
                    models.Q(
                        ("channel__in", ["email", "download"]),
                        ("endpoint", None),
                        ("invoice__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="delivery_has_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("next_try_at__isnull", False),
                        ("settled_at__isnull", True),
                        ("state", "failed"),
                    ),
                    models.Q(
                        ("next_try_at__isnull", True),
                        ("settled_at__isnull", True),
                        ("state", "waiting"),
                    ),
                    models.Q(
                        ("next_try_at__isnull", True),
                        ("settled_at__isnull", False),
                        ("state__in", ["sent", "withheld", "given_up"]),
                    ),
                    _connector="OR",
                ),
                name="delivery_state_has_times",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("tries__gte", models.F("earlier_tries"))),
                name="delivery_tries_counted",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhooksecret",
            constraint=models.UniqueConstraint(
                condition=models.Q(("expires_at__isnull", True)),
                fields=("endpoint",),
                name="webhook_secret_current_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhooksecret",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expires_at__isnull", True),
                    ("expires_at__gte", models.F("created_at")),
                    _connector="OR",
                ),
                name="webhook_secret_expires_after_made",
            ),
        ),
    ]
