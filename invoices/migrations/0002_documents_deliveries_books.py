"""The files of invoices, what reaches customers and apps, and the accounts that are posted to."""

import billing.ids
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0001_invoices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Document",
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
                ("kind", models.CharField(choices=[("pdf", "PDF"), ("xml", "XML")], max_length=3)),
                (
                    "format",
                    models.CharField(help_text="The profile it keeps; pdf: none.", max_length=13),
                ),
                ("media_type", models.CharField(max_length=40)),
                ("file_name", models.CharField(max_length=100)),
                ("size", models.PositiveIntegerField(help_text="In bytes.")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("storage_name", models.CharField(max_length=200)),
                (
                    "template_version",
                    models.PositiveIntegerField(help_text="0: as the house has it."),
                ),
                (
                    "rule_version",
                    models.CharField(help_text="By which rules it was checked.", max_length=60),
                ),
                ("transaction_id", models.UUIDField()),
                ("created_at", models.DateTimeField()),
                (
                    "invoice",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
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
                (
                    "why_plain",
                    models.TextField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of a PDF alone in place of ZUGFeRD: which rules it couldn't keep.",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["transaction_id"], name="document_of_transaction")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("invoice", "kind", "format"), name="document_of_invoice_once"
                    ),
                    models.UniqueConstraint(fields=("storage_name",), name="document_stored_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "format__in",
                                ["zugferd", "xrechnung_ubl", "xrechnung_cii", "peppol", "pdf"],
                            ),
                            ("kind__in", ["pdf", "xml"]),
                        ),
                        name="document_kind_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DocumentTemplate",
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
                    "version",
                    models.PositiveIntegerField(
                        editable=False, help_text="1, 2, 3 … of the seller."
                    ),
                ),
                (
                    "face",
                    models.CharField(help_text="One of the fonts that are shipped.", max_length=20),
                ),
                (
                    "accent_colour",
                    models.CharField(help_text="Of titles and rules: #rrggbb.", max_length=7),
                ),
                ("text_colour", models.CharField(max_length=7)),
                ("muted_colour", models.CharField(help_text="Of what stands back.", max_length=7)),
                (
                    "logo",
                    models.BinaryField(help_text="SVG, PNG or JPEG of at most 1 MB.", null=True),
                ),
                ("logo_height_mm", models.FloatField(default=18.0)),
                ("logo_place", models.CharField(default="right", max_length=5)),
                (
                    "texts",
                    models.JSONField(
                        default=dict,
                        help_text="By language (de, en): intro before the lines, closing after them.",
                    ),
                ),
                (
                    "footer",
                    models.JSONField(
                        default=list,
                        help_text="Columns of lines at the foot of each page; empty: the seller's.",
                    ),
                ),
                ("columns", models.JSONField(help_text="The columns of the lines' table.")),
                ("shows_explanations", models.BooleanField(default=True)),
                ("shows_code", models.BooleanField(default=True, verbose_name="shows QR code")),
                ("created_at", models.DateTimeField()),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="document_templates",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "version"), name="document_template_version_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)),
                        name="document_template_version_counts",
                    ),
                ],
            },
        ),
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
                (
                    "api_version",
                    models.CharField(
                        help_text="Of what it is told: the latest when it was made.",
                        max_length=10,
                        verbose_name="API version",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        help_text="Only what is of this contract is told.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.contract",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        help_text="Only what is of this customer is told; empty: of all, and what is of none.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.customer",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "id"), name="webhook_endpoint_of_seller"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("disabled_at__isnull", True), ("state", "enabled")),
                            models.Q(
                                ("disabled_at__isnull", False),
                                ("state__in", ["disabled", "deleted"]),
                            ),
                            _connector="OR",
                        ),
                        name="webhook_endpoint_disabled_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("api_version__in", ("v1",))),
                        name="webhook_endpoint_version_known",
                    ),
                ],
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("expires_at__isnull", True)),
                        fields=("endpoint",),
                        name="webhook_secret_current_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at__isnull", True),
                            ("expires_at__gte", models.F("created_at")),
                            _connector="OR",
                        ),
                        name="webhook_secret_expires_after_made",
                    ),
                ],
            },
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
                (
                    "is_replay",
                    models.BooleanField(
                        default=False, help_text="Whether past events were asked for."
                    ),
                ),
                (
                    "pruned_at",
                    models.DateTimeField(
                        help_text="When the body, and what was said in its tries, was let go.",
                        null=True,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "failed")),
                        fields=["next_try_at"],
                        name="delivery_due",
                    ),
                    models.Index(fields=["endpoint", "id"], name="delivery_of_endpoint"),
                    models.Index(fields=["transaction_id"], name="delivery_of_transaction"),
                    models.Index(
                        condition=models.Q(("channel", "webhook")),
                        fields=["event", "endpoint"],
                        name="delivery_of_event",
                    ),
                    models.Index(
                        condition=models.Q(("channel", "webhook"), ("pruned_at__isnull", True)),
                        fields=["settled_at"],
                        name="delivery_to_prune",
                    ),
                    models.Index(
                        condition=models.Q(("state", "sent"), _negated=True),
                        fields=["seller", "state", "id"],
                        name="delivery_by_state",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("type__in", ["credit_note.issued", "invoice.issued"]), _negated=True
                        ),
                        fields=["seller", "type", "id"],
                        name="delivery_by_type",
                    ),
                    models.Index(
                        condition=models.Q(("channel", "download"), _negated=True),
                        fields=["seller", "channel", "id"],
                        name="delivery_by_channel",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "idempotency_key"), name="delivery_once"
                    ),
                    models.UniqueConstraint(fields=("seller", "id"), name="delivery_by_seller"),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(
                            ("pruned_at__isnull", True),
                            models.Q(
                                ("body", ""),
                                ("channel", "webhook"),
                                ("pruned_at__gte", models.F("settled_at")),
                            ),
                            _connector="OR",
                        ),
                        name="delivery_pruned_wholly",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tries__gte", models.F("earlier_tries"))),
                        name="delivery_tries_counted",
                    ),
                ],
            },
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
                (
                    "answer_headers",
                    models.JSONField(default=dict, help_text="Of a webhook's answer, cut short."),
                ),
                (
                    "ip",
                    models.GenericIPAddressField(
                        help_text="Of a webhook: what was connected to.",
                        null=True,
                        verbose_name="IP address",
                    ),
                ),
                (
                    "milliseconds",
                    models.PositiveIntegerField(help_text="How long it took.", null=True),
                ),
                (
                    "request_headers",
                    models.JSONField(
                        default=dict,
                        help_text="Of a webhook, as sent; signatures without what proves them.",
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
            options={
                "verbose_name_plural": "delivery wishes",
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
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("receivable", "receivable"),
                            ("revenue", "revenue"),
                            ("vat", "vat"),
                            ("balance", "balance"),
                            ("deferred", "deferred"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "tax_category",
                    models.CharField(
                        blank=True,
                        help_text="UNCL 5305 code, for example S; empty: any.",
                        max_length=2,
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        help_text="Empty: any rate.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("home", "home"),
                            ("eu", "in the EU"),
                            ("third", "elsewhere"),
                            ("registered", "where the seller is registered"),
                        ],
                        help_text="Where the VAT is due, or the customer is; empty: anywhere.",
                        max_length=10,
                    ),
                ),
                (
                    "supply",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("service", "service"),
                            ("digital", "digital"),
                            ("goods", "goods"),
                        ],
                        help_text="Kind of supply; empty: any.",
                        max_length=7,
                    ),
                ),
                (
                    "account",
                    models.CharField(
                        max_length=8,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9]{4,8}$", "Give the number of a G/L account: 4 to 8 digits."
                            )
                        ],
                    ),
                ),
                (
                    "tax_key",
                    models.CharField(
                        blank=True,
                        help_text="Empty on automatic accounts, and where there is no VAT.",
                        max_length=4,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9]{0,4}$", "Give a DATEV BU key: up to 4 digits."
                            )
                        ],
                        verbose_name="BU key",
                    ),
                ),
                (
                    "valid_from",
                    models.DateField(help_text="First day of supply on which it is used."),
                ),
                (
                    "valid_until",
                    models.DateField(blank=True, help_text="First day no longer valid.", null=True),
                ),
                (
                    "chart",
                    models.CharField(choices=[("03", "SKR03"), ("04", "SKR04")], max_length=2),
                ),
                (
                    "exemption",
                    models.CharField(
                        blank=True,
                        help_text="small_business: of sellers by UStG § 19; empty: any.",
                        max_length=20,
                    ),
                ),
                ("name", models.CharField(help_text="As the chart calls it.", max_length=150)),
                ("source", models.CharField(max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "chart",
                            "purpose",
                            "tax_category",
                            "percent",
                            "scope",
                            "supply",
                            "exemption",
                            "valid_from",
                        ),
                        name="account_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountOverride",
            fields=[
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("receivable", "receivable"),
                            ("revenue", "revenue"),
                            ("vat", "vat"),
                            ("balance", "balance"),
                            ("deferred", "deferred"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "tax_category",
                    models.CharField(
                        blank=True,
                        help_text="UNCL 5305 code, for example S; empty: any.",
                        max_length=2,
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        help_text="Empty: any rate.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("home", "home"),
                            ("eu", "in the EU"),
                            ("third", "elsewhere"),
                            ("registered", "where the seller is registered"),
                        ],
                        help_text="Where the VAT is due, or the customer is; empty: anywhere.",
                        max_length=10,
                    ),
                ),
                (
                    "supply",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("service", "service"),
                            ("digital", "digital"),
                            ("goods", "goods"),
                        ],
                        help_text="Kind of supply; empty: any.",
                        max_length=7,
                    ),
                ),
                (
                    "account",
                    models.CharField(
                        max_length=8,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9]{4,8}$", "Give the number of a G/L account: 4 to 8 digits."
                            )
                        ],
                    ),
                ),
                (
                    "tax_key",
                    models.CharField(
                        blank=True,
                        help_text="Empty on automatic accounts, and where there is no VAT.",
                        max_length=4,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[0-9]{0,4}$", "Give a DATEV BU key: up to 4 digits."
                            )
                        ],
                        verbose_name="BU key",
                    ),
                ),
                (
                    "valid_from",
                    models.DateField(help_text="First day of supply on which it is used."),
                ),
                (
                    "valid_until",
                    models.DateField(blank=True, help_text="First day no longer valid.", null=True),
                ),
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
                    "country",
                    models.CharField(
                        blank=True,
                        help_text="Where the VAT is due; empty: any country.",
                        max_length=2,
                    ),
                ),
                ("reason", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
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
                        related_name="account_overrides",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "seller",
                            "purpose",
                            "tax_category",
                            "percent",
                            "scope",
                            "supply",
                            "product",
                            "country",
                            "valid_from",
                        ),
                        name="account_override_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purpose__in",
                                ["receivable", "revenue", "vat", "balance", "deferred"],
                            ),
                            models.Q(
                                ("valid_until__isnull", True),
                                ("valid_until__gt", models.F("valid_from")),
                                _connector="OR",
                            ),
                        ),
                        name="account_override_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DebtorAccount",
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
                ("number", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField()),
                (
                    "customer",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="debtor_account",
                        to="billing.customer",
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
                    models.UniqueConstraint(fields=("seller", "number"), name="debtor_number_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Bookkeeping",
            fields=[
                (
                    "seller",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="bookkeeping",
                        serialize=False,
                        to="billing.seller",
                    ),
                ),
                (
                    "chart",
                    models.CharField(
                        choices=[("03", "SKR03"), ("04", "SKR04")], default="03", max_length=2
                    ),
                ),
                (
                    "consultant_number",
                    models.PositiveIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1001),
                            django.core.validators.MaxValueValidator(9999999),
                        ],
                        verbose_name="consultant number (Beraternummer)",
                    ),
                ),
                (
                    "client_number",
                    models.PositiveIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(99999),
                        ],
                        verbose_name="client number (Mandantennummer)",
                    ),
                ),
                (
                    "account_digits",
                    models.PositiveSmallIntegerField(
                        default=4,
                        help_text="Digits of G/L accounts; those of customers have one more.",
                        validators=[
                            django.core.validators.MinValueValidator(4),
                            django.core.validators.MaxValueValidator(8),
                        ],
                    ),
                ),
                (
                    "fiscal_year_month",
                    models.PositiveSmallIntegerField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(12),
                        ],
                        verbose_name="first month of the fiscal year",
                    ),
                ),
                (
                    "debtors",
                    models.CharField(
                        choices=[
                            ("collective", "one account for all customers"),
                            ("each", "an account for each customer"),
                        ],
                        default="each",
                        max_length=10,
                    ),
                ),
                (
                    "collective_debtor",
                    models.PositiveIntegerField(
                        default=10000,
                        help_text="The account of all customers, if they have one together.",
                    ),
                ),
                (
                    "first_debtor",
                    models.PositiveIntegerField(
                        default=10001, help_text="Customers are numbered from here on."
                    ),
                ),
                (
                    "is_final",
                    models.BooleanField(
                        default=False,
                        help_text="Whether the adviser's program must not let the postings be changed.",
                        verbose_name="final (Festschreibung)",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "bookkeeping",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("account_digits__range", (4, 8)),
                            ("chart__in", ["03", "04"]),
                            ("client_number__range", (1, 99999)),
                            ("consultant_number__range", (1001, 9999999)),
                            ("fiscal_year_month__range", (1, 12)),
                        ),
                        name="bookkeeping_in_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "collective_debtor__range",
                                (
                                    django.db.models.functions.math.Power(
                                        models.Value(10), models.F("account_digits")
                                    ),
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.functions.math.Power(
                                                models.Value(10), models.F("account_digits")
                                            ),
                                            "*",
                                            models.Value(7),
                                        ),
                                        "-",
                                        models.Value(1),
                                    ),
                                ),
                            ),
                            (
                                "first_debtor__range",
                                (
                                    django.db.models.functions.math.Power(
                                        models.Value(10), models.F("account_digits")
                                    ),
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.functions.math.Power(
                                                models.Value(10), models.F("account_digits")
                                            ),
                                            "*",
                                            models.Value(7),
                                        ),
                                        "-",
                                        models.Value(1),
                                    ),
                                ),
                            ),
                        ),
                        name="bookkeeping_debtors_have_a_digit_more",
                        violation_error_message="Customers' accounts have one digit more than G/L accounts, and begin with 1 to 6: with 4 digits 10000 to 69999.",
                    ),
                ],
            },
        ),
    ]
