"""What was agreed: contracts with their changes, and single purchases."""

import billing.identifiers
import billing.ids
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0003_catalog"),
    ]

    operations = [
        migrations.CreateModel(
            name="Contract",
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
                    "payment_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Days until an invoice is due; empty: the customer's.",
                        null=True,
                    ),
                ),
                (
                    "initial_months",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="The first term, from the first start of a subscription on; empty: no term.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "renewal",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("none", "none: it ends by itself"),
                            ("indefinite", "for an indefinite time"),
                            ("months", "by months"),
                        ],
                        help_text="What follows if nobody gave notice in time.",
                        max_length=10,
                    ),
                ),
                (
                    "renewal_months",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Length of each further term, where it is renewed by months.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "notice_months",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Months before the end by which notice must be given.",
                        null=True,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "next_billing_date",
                    models.DateField(
                        editable=False, help_text="Next day on which something is due.", null=True
                    ),
                ),
                (
                    "billed_date",
                    models.DateField(
                        editable=False, help_text="Day as of which it was last billed.", null=True
                    ),
                ),
                (
                    "billed_position",
                    models.BigIntegerField(
                        default=0,
                        editable=False,
                        help_text="The latest change that was known then.",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contracts",
                        to="billing.customer",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contracts",
                        to="billing.seller",
                    ),
                ),
                (
                    "project_reference",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The customer's project (BT-11).",
                        max_length=100,
                    ),
                ),
                (
                    "purchase_order",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The customer's number of its order (BT-13).",
                        max_length=100,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "id"], name="contract_by_customer"),
                    models.Index(
                        condition=models.Q(("next_billing_date__isnull", False)),
                        fields=["seller", "next_billing_date", "id"],
                        name="contract_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "external_id"), name="contract_external_id_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("initial_months__isnull", True),
                                ("notice_months__isnull", True),
                                ("renewal", ""),
                                ("renewal_months__isnull", True),
                            ),
                            models.Q(
                                ("initial_months__gte", 1),
                                ("initial_months__isnull", False),
                                ("notice_months__isnull", False),
                                models.Q(
                                    models.Q(
                                        ("renewal__in", ["none", "indefinite"]),
                                        ("renewal_months__isnull", True),
                                    ),
                                    models.Q(
                                        ("renewal", "months"),
                                        ("renewal_months__gte", 1),
                                        ("renewal_months__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="contract_term_complete",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
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
                ("created_at", models.DateTimeField()),
                (
                    "contract",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="billing.contract",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="billing.seller",
                    ),
                ),
                (
                    "charged_until",
                    models.DateField(
                        editable=False, help_text="Day up to which it was last charged.", null=True
                    ),
                ),
                (
                    "charged_known_on",
                    models.DateField(
                        editable=False,
                        help_text="Day by whose knowledge it was charged.",
                        null=True,
                    ),
                ),
                (
                    "charged_position",
                    models.BigIntegerField(
                        editable=False,
                        help_text="Position of the last change that was known then.",
                        null=True,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["contract", "id"], name="subscription_by_contract"),
                    models.Index(
                        fields=["seller", "created_at", "id"], name="subscription_by_creation"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "external_id"), name="subscription_external_id_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("charged_known_on__isnull", True),
                                ("charged_position__isnull", True),
                                ("charged_until__isnull", True),
                            ),
                            models.Q(
                                ("charged_known_on__isnull", False),
                                ("charged_position__isnull", False),
                                ("charged_until__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="subscription_charged_wholly_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SubscriptionChange",
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
                    "position",
                    models.BigIntegerField(
                        db_default=models.Func(
                            models.Value("billing_change_position"), function="nextval"
                        ),
                        editable=False,
                        help_text="Order of recording within a contract; the database gives it under its lock.",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("start", "Start"),
                            ("change_plan", "Change Plan"),
                            ("change_quantity", "Change Quantity"),
                            ("override_price", "Override Price"),
                            ("index_prices", "Index Prices"),
                            ("discount", "Discount"),
                            ("set_anchor_day", "Set Anchor Day"),
                            ("pause", "Pause"),
                            ("resume", "Resume"),
                            ("cancel", "Cancel"),
                            ("undo", "Undo"),
                        ],
                        max_length=15,
                    ),
                ),
                ("effective_on", models.DateField(help_text="First day of the new terms.")),
                (
                    "recorded_on",
                    models.DateField(editable=False, help_text="Day on which it became known."),
                ),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "quantity",
                    models.DecimalField(blank=True, decimal_places=12, max_digits=30, null=True),
                ),
                (
                    "credit",
                    models.CharField(
                        choices=[("prorated", "prorated"), ("full", "full"), ("none", "none")],
                        default="prorated",
                        help_text="For a cancellation: what is given back of what was paid in advance.",
                        max_length=8,
                    ),
                ),
                (
                    "terms",
                    models.JSONField(
                        blank=True,
                        help_text="Of an override, an index, a discount or an anchor day: its values.",
                        null=True,
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.plan",
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
                    "subscription",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="billing.subscription",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "start")),
                        fields=("subscription",),
                        name="subscription_starts_once",
                    ),
                    models.UniqueConstraint(
                        fields=("subscription", "position"), name="subscription_change_in_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "start"),
                                ("plan__isnull", False),
                                ("quantity__isnull", False),
                            ),
                            models.Q(("kind", "change_plan"), ("plan__isnull", False)),
                            models.Q(
                                ("kind", "change_quantity"),
                                ("plan__isnull", True),
                                ("quantity__isnull", False),
                            ),
                            models.Q(
                                (
                                    "kind__in",
                                    [
                                        "pause",
                                        "resume",
                                        "cancel",
                                        "undo",
                                        "override_price",
                                        "index_prices",
                                        "discount",
                                        "set_anchor_day",
                                    ],
                                ),
                                ("plan__isnull", True),
                                ("quantity__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="subscription_change_says_what_changes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(
                                    (
                                        "kind__in",
                                        [
                                            "override_price",
                                            "index_prices",
                                            "discount",
                                            "set_anchor_day",
                                        ],
                                    ),
                                    _negated=True,
                                ),
                                ("terms__isnull", True),
                            ),
                            models.Q(
                                ("kind", "override_price"),
                                ("terms__isnull", False),
                                ("terms__has_keys", ["price"]),
                                ("terms__has_any_keys", ["amount", "unit_price", "tiers"]),
                            ),
                            models.Q(
                                ("kind", "index_prices"),
                                ("terms__isnull", False),
                                ("terms__has_keys", ["percent"]),
                            ),
                            models.Q(
                                ("kind", "discount"),
                                ("terms__isnull", False),
                                ("terms__has_any_keys", ["percent", "amount"]),
                            ),
                            models.Q(
                                ("kind", "set_anchor_day"),
                                ("terms__isnull", False),
                                ("terms__has_keys", ["anchor_day"]),
                            ),
                            _connector="OR",
                        ),
                        name="subscription_change_has_terms",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "undo"), _negated=True),
                            ("effective_on", models.F("recorded_on")),
                            _connector="OR",
                        ),
                        name="subscription_undo_of_today",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__isnull", True), ("quantity__gte", 0), _connector="OR"
                        ),
                        name="subscription_quantity_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("credit__in", ["prorated", "full", "none"]),
                            models.Q(("kind", "cancel"), ("credit", "prorated"), _connector="OR"),
                        ),
                        name="subscription_credit_of_cancellation",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CouponRedemption",
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
                    "redeemed_on",
                    models.DateField(help_text="The seller's day on which it was redeemed."),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "change",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemption",
                        to="billing.subscriptionchange",
                    ),
                ),
                (
                    "coupon",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemptions",
                        to="billing.coupon",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coupon_redemptions",
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
                (
                    "subscription",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coupon_redemptions",
                        to="billing.subscription",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Order",
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
                ("ordered_on", models.DateField(help_text="Day of the order and of the supply.")),
                (
                    "recorded_on",
                    models.DateField(editable=False, help_text="Day on which it became known."),
                ),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="billing.customer",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="billing.seller",
                    ),
                ),
                (
                    "project_reference",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The customer's project (BT-11).",
                        max_length=100,
                    ),
                ),
                (
                    "purchase_order",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The customer's number of its order (BT-13).",
                        max_length=100,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["seller", "id"], name="order_by_seller"),
                    models.Index(fields=["customer", "id"], name="order_by_customer"),
                    models.Index(fields=["seller", "ordered_on", "id"], name="order_by_day"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "external_id"), name="order_external_id_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
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
                ("position", models.PositiveIntegerField(help_text="1, 2, 3 … on the order.")),
                (
                    "text",
                    models.CharField(
                        blank=True, help_text="As printed on the line.", max_length=300
                    ),
                ),
                ("quantity", models.DecimalField(decimal_places=12, max_digits=30)),
                (
                    "unit_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=12,
                        help_text="In major units.",
                        max_digits=30,
                        null=True,
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
                        max_length=20,
                    ),
                ),
                (
                    "tax_included",
                    models.BooleanField(
                        default=False, help_text="Whether the unit price is gross."
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="billing.order",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
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
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.seller",
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="As printed; empty: the product's.",
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
                    "item_number",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="As printed; empty: the product's code.",
                        max_length=100,
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
                    models.UniqueConstraint(
                        fields=("order", "position"), name="order_line_position_once"
                    ),
                    models.CheckConstraint(
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
                                ("product__isnull", False),
                                ("tax_class", ""),
                                ("unit_price__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="order_line_priced_or_of_product",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="order_line_has_quantity"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("supply__in", ["service", "digital", "goods"])),
                        name="order_line_supply_known",
                    ),
                ],
            },
        ),
    ]
