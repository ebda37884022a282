"""Who issues, who pays, and what the law and the markets say: tax rates, rates of exchange."""

import billing.columns
import billing.identifiers
import billing.ids
import billing.sellers.models.keys
import billing.sellers.models.sellers
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import django.db.models.lookups
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0001_extension_and_sequences"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Seller",
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
                ("name", models.CharField(help_text="Legal name, as printed.", max_length=200)),
                ("street", models.CharField(max_length=200)),
                ("postcode", models.CharField(max_length=20)),
                ("city", models.CharField(max_length=100)),
                (
                    "country",
                    models.CharField(
                        max_length=2, validators=[billing.sellers.models.sellers.check_country]
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("vat_id", models.CharField(blank=True, max_length=20, verbose_name="VAT id")),
                ("tax_number", models.CharField(blank=True, max_length=30)),
                (
                    "oss",
                    models.BooleanField(
                        default=False,
                        help_text="Whether consumers in other EU countries pay their own country's VAT.",
                        verbose_name="one-stop shop",
                    ),
                ),
                (
                    "iban",
                    models.CharField(
                        blank=True,
                        max_length=34,
                        validators=[billing.identifiers.check_iban],
                        verbose_name="IBAN",
                    ),
                ),
                (
                    "bic",
                    models.CharField(
                        blank=True,
                        max_length=11,
                        validators=[billing.identifiers.check_bic],
                        verbose_name="BIC",
                    ),
                ),
                (
                    "timezone",
                    models.CharField(help_text="IANA name; its days decide.", max_length=64),
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
                    "locale",
                    models.CharField(
                        help_text="Language of printed texts, de or en.", max_length=10
                    ),
                ),
                (
                    "payment_days",
                    models.PositiveSmallIntegerField(help_text="Days until an invoice is due."),
                ),
                (
                    "invoice_number_format",
                    models.CharField(
                        help_text="With {year} and {sequence}, for example R{year}-{sequence:06d}.",
                        max_length=60,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^(?=.*\\{sequence)(?=.*\\{year)([^{}]|\\{year(:\\d*d)?\\}|\\{sequence(:\\d*d)?\\})+$",
                                "Put in {year} and {sequence}, for example R{year}-{sequence:06d}.",
                            )
                        ],
                    ),
                ),
                (
                    "credit_note_number_format",
                    models.CharField(
                        help_text="Another than that of invoices, for example G{year}-{sequence:06d}.",
                        max_length=60,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^(?=.*\\{sequence)(?=.*\\{year)([^{}]|\\{year(:\\d*d)?\\}|\\{sequence(:\\d*d)?\\})+$",
                                "Put in {year} and {sequence}, for example R{year}-{sequence:06d}.",
                            )
                        ],
                    ),
                ),
                (
                    "is_test",
                    models.BooleanField(help_text="Test mode: has a test clock, demands no money."),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "makes_documents",
                    models.BooleanField(
                        default=True,
                        help_text="Whether documents are made of its invoices, and delivered; else only its apps tell customers of them.",
                    ),
                ),
                (
                    "account_holder",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Where it isn't the legal name.",
                        max_length=70,
                    ),
                ),
                (
                    "contact_name",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Person or department that answers questions.",
                        max_length=100,
                    ),
                ),
                (
                    "creditor_id",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="SEPA creditor identifier, for direct debits.",
                        max_length=35,
                        validators=[billing.identifiers.check_creditor_id],
                    ),
                ),
                (
                    "electronic_address",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Where e-invoices to the seller go: Peppol, for one.",
                        max_length=100,
                    ),
                ),
                (
                    "electronic_address_scheme",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="EAS code of the electronic address: 9930 VAT id of Germany, 0204 Leitweg-ID, EM e-mail.",
                        max_length=4,
                        validators=[billing.identifiers.check_address_scheme],
                    ),
                ),
                (
                    "legal_information",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="What the law wants on business letters: legal form, seat, directors, capital.",
                        max_length=500,
                    ),
                ),
                ("phone", models.CharField(blank=True, db_default="", default="", max_length=40)),
                (
                    "register_number",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="With its court: Amtsgericht Berlin, HRB 12345 B.",
                        max_length=100,
                    ),
                ),
                (
                    "small_business_from",
                    models.DateField(
                        blank=True,
                        help_text="First day on which it is exempt as a small business (§ 19 UStG); empty: never.",
                        null=True,
                    ),
                ),
                (
                    "small_business_text",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="What invoices say of it; empty: what the law of the country wants.",
                        max_length=300,
                    ),
                ),
                (
                    "small_business_until",
                    models.DateField(
                        blank=True, help_text="First day on which it no longer is.", null=True
                    ),
                ),
                (
                    "trading_name",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Where it differs from the legal name.",
                        max_length=200,
                    ),
                ),
                (
                    "vat_id_policy",
                    models.CharField(
                        choices=[
                            ("checksum", "its check digits are right"),
                            ("confirmed", "VIES has confirmed it"),
                        ],
                        db_default="checksum",
                        default="checksum",
                        help_text="What makes the VAT id of a business in another EU country count.",
                        max_length=9,
                        verbose_name="policy on VAT ids",
                    ),
                ),
                (
                    "exchange_rate_policy",
                    models.CharField(
                        choices=[
                            ("daily", "of the day, as the ECB publishes them"),
                            ("monthly", "the month's average, as the BMF publishes them"),
                        ],
                        db_default="daily",
                        default="daily",
                        help_text="Which rates state the VAT of documents in other currencies in its own.",
                        max_length=7,
                        verbose_name="policy on exchange rates",
                    ),
                ),
            ],
            options={
                "permissions": [
                    ("read_api", "Can read the API as apps do: everything of their sellers")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.Exact(
                                models.Func(
                                    models.F("invoice_number_format"),
                                    models.Value(":\\d*d"),
                                    models.Value(""),
                                    models.Value("g"),
                                    function="regexp_replace",
                                    output_field=models.CharField(),
                                ),
                                models.Func(
                                    models.F("credit_note_number_format"),
                                    models.Value(":\\d*d"),
                                    models.Value(""),
                                    models.Value("g"),
                                    function="regexp_replace",
                                    output_field=models.CharField(),
                                ),
                            ),
                            _negated=True,
                        ),
                        name="seller_number_formats_differ",
                        violation_error_message="Invoices and credit notes need different numbers.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("vat_id_policy__in", ["checksum", "confirmed"])),
                        name="seller_vat_id_policy_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("exchange_rate_policy__in", ["daily", "monthly"])),
                        name="seller_exchange_rate_policy_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("small_business_until__isnull", True),
                            models.Q(
                                ("small_business_from__isnull", False),
                                ("small_business_until__gt", models.F("small_business_from")),
                            ),
                            _connector="OR",
                        ),
                        name="seller_small_business_forward",
                        violation_error_message="The last day of the small business lies before its first.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("electronic_address", ""), ("electronic_address_scheme", "")),
                            models.Q(
                                models.Q(("electronic_address", ""), _negated=True),
                                models.Q(("electronic_address_scheme", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="seller_electronic_address_has_scheme",
                        violation_error_message="An electronic address needs its scheme, and a scheme its address.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SellerRegistration",
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
                    "country",
                    models.CharField(
                        max_length=2, validators=[billing.sellers.models.sellers.check_country]
                    ),
                ),
                ("vat_id", models.CharField(max_length=20, verbose_name="VAT id")),
                ("valid_from", models.DateField(help_text="First day of supply under it.")),
                (
                    "valid_until",
                    models.DateField(
                        blank=True,
                        help_text="First day no longer under it; may be set once.",
                        null=True,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="registrations",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "verbose_name": "VAT registration",
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (models.F("seller"), "="),
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
                        name="seller_registered_once_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="seller_registration_forward",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TestClock",
            fields=[
                (
                    "seller",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="test_clock",
                        serialize=False,
                        to="billing.seller",
                    ),
                ),
                ("today", models.DateField()),
                (
                    "target_date",
                    models.DateField(
                        blank=True, help_text="Empty while it stands still.", null=True
                    ),
                ),
                (
                    "held_date",
                    models.DateField(
                        blank=True,
                        help_text="Day of which what is due waits; empty: none.",
                        null=True,
                    ),
                ),
                (
                    "is_held",
                    models.BooleanField(
                        default=False, help_text="Whether what is due today waits."
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("target_date__isnull", True),
                            ("target_date__gte", models.F("today")),
                            _connector="OR",
                        ),
                        name="test_clock_goes_forward",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="seller_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("seller", "user"), name="membership_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
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
                ("name", models.CharField(help_text="What uses it.", max_length=100)),
                (
                    "prefix",
                    models.CharField(
                        help_text="The part that may be shown.", max_length=24, unique=True
                    ),
                ),
                (
                    "secret_hash",
                    models.CharField(help_text="SHA-256 of the whole key, in hex.", max_length=64),
                ),
                ("created_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="api_keys",
                        to="billing.seller",
                    ),
                ),
                (
                    "allowed_networks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=billing.columns.NetworkField(),
                        blank=True,
                        db_default=[],
                        default=list,
                        help_text="Where requests may come from, as 198.51.100.0/24 or 2001:db8::/32; none: from anywhere.",
                        size=None,
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        blank=True, help_text="From when on it is refused; empty: never.", null=True
                    ),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, help_text="To the minute.", null=True),
                ),
                (
                    "last_used_ip",
                    models.GenericIPAddressField(
                        blank=True, null=True, verbose_name="last used from"
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        help_text="The key in whose place it came, which ends once the two have overlapped.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="billing.apikey",
                    ),
                ),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        db_default=["*"],
                        default=billing.sellers.models.keys.everything,
                        help_text="What it may do.",
                        size=None,
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "scopes__contained_by",
                                [
                                    "*",
                                    "*:read",
                                    "seller:read",
                                    "seller:write",
                                    "test_clock:read",
                                    "test_clock:write",
                                    "customers:read",
                                    "customers:write",
                                    "products:read",
                                    "products:write",
                                    "meters:read",
                                    "meters:write",
                                    "plans:read",
                                    "plans:write",
                                    "prices:read",
                                    "prices:write",
                                    "coupons:read",
                                    "coupons:write",
                                    "tax_overrides:read",
                                    "tax_overrides:write",
                                    "exchange_rates:read",
                                    "exchange_rates:write",
                                    "contracts:read",
                                    "contracts:write",
                                    "subscriptions:read",
                                    "subscriptions:write",
                                    "orders:read",
                                    "orders:write",
                                    "usage:read",
                                    "usage:write",
                                    "simulations:read",
                                    "invoices:read",
                                    "invoices:write",
                                    "deliveries:read",
                                    "deliveries:write",
                                    "webhooks:read",
                                    "webhooks:write",
                                    "billing_runs:read",
                                    "exports:read",
                                    "events:read",
                                    "failures:read",
                                    "failures:write",
                                    "api_keys:read",
                                    "api_keys:write",
                                ],
                            )
                        ),
                        name="api_key_scopes_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scopes__len__gt", 0)), name="api_key_has_scopes"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at__isnull", True),
                            ("expires_at__gt", models.F("created_at")),
                            _connector="OR",
                        ),
                        name="api_key_expires_after_creation",
                        violation_error_message="It must expire after it was made.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("replaces__isnull", True),
                            models.Q(("replaces", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="api_key_replaces_another",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotentRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                (
                    "request_hash",
                    models.CharField(help_text="SHA-256 of method, path and body.", max_length=64),
                ),
                (
                    "status",
                    models.PositiveSmallIntegerField(help_text="HTTP status of the answer."),
                ),
                ("answer", models.JSONField()),
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
                "indexes": [models.Index(fields=["created_at"], name="idempotent_request_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("seller", "key"), name="idempotency_key_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Customer",
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
                    "external_id",
                    models.CharField(
                        blank=True, help_text="The caller's own id.", max_length=100, null=True
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[("business", "Business"), ("consumer", "Consumer")], max_length=8
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("street", models.CharField(blank=True, max_length=200)),
                ("postcode", models.CharField(blank=True, max_length=20)),
                ("city", models.CharField(blank=True, max_length=100)),
                (
                    "country",
                    models.CharField(
                        max_length=2, validators=[billing.sellers.models.sellers.check_country]
                    ),
                ),
                ("vat_id", models.CharField(blank=True, max_length=20, verbose_name="VAT id")),
                (
                    "locale",
                    models.CharField(
                        help_text="Language of what the customer reads.", max_length=10
                    ),
                ),
                (
                    "payment_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Days until an invoice is due; empty: the seller's.",
                        null=True,
                    ),
                ),
                (
                    "grouping",
                    models.CharField(
                        choices=[
                            ("per_event", "per event"),
                            ("per_day", "per day"),
                            ("monthly", "monthly"),
                        ],
                        default="per_event",
                        help_text="What is put onto one invoice: each event's charges, a day's, or a month's.",
                        max_length=9,
                    ),
                ),
                (
                    "invoice_day",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="Day of the monthly invoice; 31 means the last day where shorter.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(31),
                        ],
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customers",
                        to="billing.seller",
                    ),
                ),
                (
                    "next_collection_date",
                    models.DateField(
                        editable=False,
                        help_text="Day at whose end its waiting charges are collected; empty: none waits.",
                        null=True,
                    ),
                ),
                (
                    "apply_balance",
                    models.CharField(
                        choices=[
                            ("automatic", "automatic: each invoice uses it"),
                            ("manual", "manual: it is kept"),
                        ],
                        default="automatic",
                        max_length=9,
                    ),
                ),
                (
                    "credit_notes_to",
                    models.CharField(
                        choices=[
                            ("balance", "balance: for the next invoices"),
                            ("payout", "payout"),
                        ],
                        default="balance",
                        max_length=7,
                    ),
                ),
                (
                    "address_line_2",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Department, floor, post office box.",
                        max_length=200,
                    ),
                ),
                (
                    "buyer_reference",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="What the customer asks for on its invoices (BT-10): of authorities their Leitweg-ID.",
                        max_length=100,
                        validators=[billing.identifiers.check_buyer_reference],
                    ),
                ),
                (
                    "contact_name",
                    models.CharField(blank=True, db_default="", default="", max_length=100),
                ),
                (
                    "delivery_city",
                    models.CharField(blank=True, db_default="", default="", max_length=100),
                ),
                (
                    "delivery_country",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Decides the VAT of goods; empty: the country.",
                        max_length=2,
                        validators=[billing.sellers.models.sellers.check_country],
                    ),
                ),
                (
                    "delivery_name",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Where goods go elsewhere: who receives them there.",
                        max_length=200,
                    ),
                ),
                (
                    "delivery_postcode",
                    models.CharField(blank=True, db_default="", default="", max_length=20),
                ),
                (
                    "delivery_street",
                    models.CharField(blank=True, db_default="", default="", max_length=200),
                ),
                (
                    "document_format",
                    models.CharField(
                        choices=[
                            ("zugferd", "ZUGFeRD: PDF with the XML in it"),
                            ("xrechnung_ubl", "XRechnung (UBL)"),
                            ("xrechnung_cii", "XRechnung (CII)"),
                            ("peppol", "Peppol BIS Billing 3.0"),
                            ("pdf", "PDF alone"),
                        ],
                        db_default="zugferd",
                        default="zugferd",
                        max_length=13,
                    ),
                ),
                (
                    "electronic_address",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Where e-invoices to the customer go.",
                        max_length=100,
                    ),
                ),
                (
                    "electronic_address_scheme",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="EAS code of the electronic address: 9930 VAT id of Germany, 0204 Leitweg-ID, EM e-mail.",
                        max_length=4,
                        validators=[billing.identifiers.check_address_scheme],
                    ),
                ),
                (
                    "mandate_iban",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The account that is debited.",
                        max_length=34,
                        validators=[billing.identifiers.check_iban],
                    ),
                ),
                (
                    "mandate_reference",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of the SEPA direct debit mandate; empty: it pays by transfer.",
                        max_length=35,
                        validators=[billing.identifiers.check_mandate_reference],
                    ),
                ),
                ("mandate_signed_on", models.DateField(blank=True, null=True)),
                ("phone", models.CharField(blank=True, db_default="", default="", max_length=40)),
                (
                    "register_number",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of a company: HRB 12345 B.",
                        max_length=100,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["seller", "created_at", "id"], name="customer_by_creation"
                    ),
                    models.Index(fields=["seller", "email", "id"], name="customer_by_email"),
                    models.Index(
                        condition=models.Q(("next_collection_date__isnull", False)),
                        fields=["seller", "next_collection_date", "id"],
                        name="customer_to_collect",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("grouping", "per_event"), ("next_collection_date__isnull", False)
                        ),
                        fields=["seller", "next_collection_date", "id"],
                        name="customer_left_over",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "external_id"), name="customer_external_id_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("grouping__in", ["per_event", "per_day", "monthly"]),
                            ("invoice_day__range", (1, 31)),
                        ),
                        name="customer_grouping_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("apply_balance__in", ["automatic", "manual"]),
                            ("credit_notes_to__in", ["balance", "payout"]),
                        ),
                        name="customer_balance_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "document_format__in",
                                ["zugferd", "xrechnung_ubl", "xrechnung_cii", "peppol", "pdf"],
                            )
                        ),
                        name="customer_document_format_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("mandate_iban", ""),
                                ("mandate_reference", ""),
                                ("mandate_signed_on__isnull", True),
                            ),
                            models.Q(
                                models.Q(("mandate_reference", ""), _negated=True),
                                models.Q(("mandate_iban", ""), _negated=True),
                                ("mandate_signed_on__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="customer_mandate_complete",
                        violation_error_message="A mandate needs its reference, account and date.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("delivery_country", ""), _negated=True),
                            models.Q(
                                ("delivery_city", ""),
                                ("delivery_name", ""),
                                ("delivery_postcode", ""),
                                ("delivery_street", ""),
                            ),
                            _connector="OR",
                        ),
                        name="customer_delivery_has_country",
                        violation_error_message="An address of delivery needs its country.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("electronic_address", ""), ("electronic_address_scheme", "")),
                            models.Q(
                                models.Q(("electronic_address", ""), _negated=True),
                                models.Q(("electronic_address_scheme", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="customer_electronic_address_has_scheme",
                        violation_error_message="An electronic address needs its scheme, and a scheme its address.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VatIdCheck",
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
                ("vat_id", models.CharField(max_length=20, verbose_name="VAT id")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("valid", "Valid"),
                            ("invalid", "Invalid"),
                            ("unavailable", "Unavailable"),
                        ],
                        max_length=11,
                    ),
                ),
                (
                    "consultation_number",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The register's number of the answer: evidence.",
                        max_length=40,
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="As the register has it.",
                        max_length=500,
                    ),
                ),
                (
                    "address",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="As the register has it.",
                        max_length=1000,
                    ),
                ),
                ("answer", models.JSONField(help_text="All that was answered.")),
                ("checked_at", models.DateTimeField()),
                (
                    "next_check_at",
                    models.DateTimeField(
                        help_text="When it is asked again; empty: a later check did, or there is no need.",
                        null=True,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="vat_id_checks",
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
                "verbose_name": "VAT id check",
                "indexes": [
                    models.Index(fields=["customer", "-id"], name="vat_id_check_by_customer"),
                    models.Index(
                        condition=models.Q(("next_check_at__isnull", False)),
                        fields=["next_check_at"],
                        name="vat_id_check_due",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["valid", "invalid", "unavailable"])),
                        name="vat_id_check_outcome_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        max_length=2, validators=[billing.sellers.models.sellers.check_country]
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
                (
                    "category",
                    models.CharField(help_text="UNCL 5305 code, for example S.", max_length=2),
                ),
                ("percent", models.DecimalField(decimal_places=3, max_digits=6)),
                ("valid_from", models.DateField()),
                (
                    "valid_until",
                    models.DateField(blank=True, help_text="First day no longer valid.", null=True),
                ),
                ("source", models.CharField(help_text="The law that says so.", max_length=200)),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (models.F("country"), "="),
                            (models.F("tax_class"), "="),
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
                        name="tax_rate_once_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("percent__gte", 0), ("percent__lt", 100)),
                        name="tax_rate_is_percent",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        help_text="For example USD.",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Give the ISO 4217 code, for example EUR."
                            )
                        ],
                    ),
                ),
                (
                    "base",
                    models.CharField(
                        help_text="Of which one unit costs it: EUR.",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Give the ISO 4217 code, for example EUR."
                            )
                        ],
                    ),
                ),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=12,
                        help_text="Units of the currency for one of the base, as the ECB publishes it: 1.0823.",
                        max_digits=24,
                        validators=[django.core.validators.MinValueValidator(Decimal("1E-12"))],
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[("day", "a day"), ("month", "a month's average")], max_length=5
                    ),
                ),
                ("day", models.DateField(help_text="For which it holds; of a month its first.")),
                ("created_at", models.DateTimeField()),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("ECB", "European Central Bank, of a day"),
                            ("BMF", "Bundesministerium der Finanzen, of a month"),
                        ],
                        max_length=3,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rate__gt", 0), models.Q(("currency", models.F("base")), _negated=True)
                        ),
                        name="exchangerate_of_two_currencies",
                        violation_error_message="A rate is above zero, and between two currencies.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("period", "day"),
                            models.Q(("day__day", 1), ("period", "month")),
                            _connector="OR",
                        ),
                        name="exchangerate_of_a_day_or_month",
                        violation_error_message="A month is named by its first day.",
                    ),
                    models.UniqueConstraint(
                        fields=("currency", "period", "day"), name="exchange_rate_published_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("base", "EUR"),
                            models.Q(
                                models.Q(("period", "day"), ("source", "ECB")),
                                models.Q(("period", "month"), ("source", "BMF")),
                                _connector="OR",
                            ),
                        ),
                        name="exchange_rate_by_its_publisher",
                        violation_error_message="For one euro: the ECB publishes rates of days, the BMF those of months.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OwnExchangeRate",
            fields=[
                (
                    "currency",
                    models.CharField(
                        help_text="For example USD.",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Give the ISO 4217 code, for example EUR."
                            )
                        ],
                    ),
                ),
                (
                    "base",
                    models.CharField(
                        help_text="Of which one unit costs it: EUR.",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Give the ISO 4217 code, for example EUR."
                            )
                        ],
                    ),
                ),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=12,
                        help_text="Units of the currency for one of the base, as the ECB publishes it: 1.0823.",
                        max_digits=24,
                        validators=[django.core.validators.MinValueValidator(Decimal("1E-12"))],
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[("day", "a day"), ("month", "a month's average")], max_length=5
                    ),
                ),
                ("day", models.DateField(help_text="For which it holds; of a month its first.")),
                ("created_at", models.DateTimeField()),
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
                    "source",
                    models.CharField(
                        help_text="As printed: whose rate it is, and by what leave it is used.",
                        max_length=200,
                    ),
                ),
                ("recorded_by", models.CharField(help_text="Who entered it.", max_length=200)),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exchange_rates",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        fields=["seller", "currency", "-day"], name="own_exchange_rate_by_day"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rate__gt", 0), models.Q(("currency", models.F("base")), _negated=True)
                        ),
                        name="ownexchangerate_of_two_currencies",
                        violation_error_message="A rate is above zero, and between two currencies.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("period", "day"),
                            models.Q(("day__day", 1), ("period", "month")),
                            _connector="OR",
                        ),
                        name="ownexchangerate_of_a_day_or_month",
                        violation_error_message="A month is named by its first day.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True),
                        name="own_exchange_rate_has_source",
                    ),
                ],
            },
        ),
    ]
