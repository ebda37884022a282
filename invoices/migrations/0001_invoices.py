"""What was charged and demanded, what took it back, and the money that customers have here."""

import billing.ids
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("billing", "0005_events_and_usage"),
    ]

    operations = [
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("invoice", "invoice"), ("credit_note", "credit note")],
                        max_length=11,
                    ),
                ),
                (
                    "series",
                    models.CharField(
                        blank=True, help_text="Empty: the main series.", max_length=20
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("latest_sequence", models.BigIntegerField(default=0)),
                (
                    "latest_date",
                    models.DateField(help_text="Issue date of the latest document.", null=True),
                ),
                (
                    "latest_hash",
                    models.CharField(help_text="Hash of the latest document.", max_length=64),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="number_series",
                        to="billing.seller",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "number series",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "kind", "series", "year"), name="number_series_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
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
                    "seller",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="billing.seller",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="billing.customer",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="billing.event",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="invoices.numberseries",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="billing.contract",
                    ),
                ),
                ("transaction_id", models.UUIDField()),
                ("sequence", models.BigIntegerField(help_text="1, 2, 3 … within the series.")),
                ("issue_date", models.DateField()),
                ("due_date", models.DateField()),
                ("net_minor", models.BigIntegerField()),
                ("tax_minor", models.BigIntegerField()),
                ("gross_minor", models.BigIntegerField()),
                ("issued_at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("invoice", "invoice"), ("credit_note", "credit note")],
                        max_length=11,
                    ),
                ),
                ("number", models.CharField(max_length=60)),
                ("currency", models.CharField(max_length=3)),
                ("seller_as_printed", models.JSONField()),
                ("customer_as_printed", models.JSONField()),
                (
                    "corrects",
                    models.JSONField(
                        default=list,
                        help_text="Numbers and dates of the invoices that a credit note corrects.",
                    ),
                ),
                (
                    "taxes",
                    models.JSONField(help_text="Per category and rate: base_minor and tax_minor."),
                ),
                ("previous_hash", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
                (
                    "payable_minor",
                    models.BigIntegerField(help_text="What is left to pay. EN 16931 BT-115."),
                ),
                (
                    "prepaid_minor",
                    models.BigIntegerField(help_text="Used of the balance. EN 16931 BT-113."),
                ),
                (
                    "corrected_invoice",
                    models.ForeignKey(
                        db_index=False,
                        help_text="What a credit note that was ordered takes back, wholly or in part.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="invoices.invoice",
                    ),
                ),
                (
                    "correction_kind",
                    models.CharField(
                        blank=True,
                        choices=[("cancellation", "cancellation"), ("correction", "correction")],
                        default="",
                        help_text="Of a credit note that was ordered: whether it takes back all that was left.",
                        max_length=12,
                    ),
                ),
                (
                    "settled_minor",
                    models.BigIntegerField(
                        default=0,
                        help_text="Of a credit note that was ordered: what it settles of the invoice it corrects.",
                    ),
                ),
                (
                    "accounting_currency",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The seller's, where it isn't the document's and a rate is known. EN 16931 BT-6.",
                        max_length=3,
                    ),
                ),
                (
                    "accounting_tax_minor",
                    models.BigIntegerField(
                        help_text="VAT in the accounting currency, if it shows any. EN 16931 BT-111.",
                        null=True,
                    ),
                ),
                (
                    "accounting_taxes",
                    models.JSONField(
                        db_default=models.Value([], models.JSONField()),
                        default=list,
                        help_text="Its parts, as in taxes.",
                    ),
                ),
                (
                    "exchange_rate",
                    models.DecimalField(
                        decimal_places=18,
                        help_text="Units of the document's currency for one of the accounting currency.",
                        max_digits=36,
                        null=True,
                    ),
                ),
                (
                    "exchange_rate_date",
                    models.DateField(help_text="Of a month's rate its first day.", null=True),
                ),
                (
                    "exchange_rate_source",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Who published it.",
                        max_length=500,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "id"], name="invoice_by_customer"),
                    models.Index(fields=["contract", "id"], name="invoice_by_contract"),
                    models.Index(fields=["seller", "issue_date", "id"], name="invoice_by_issue"),
                    models.Index(fields=["seller", "due_date", "id"], name="invoice_by_due_date"),
                    models.Index(fields=["seller", "currency", "id"], name="invoice_by_currency"),
                    models.Index(
                        fields=["seller", "currency", "gross_minor", "id"], name="invoice_by_amount"
                    ),
                    models.Index(
                        condition=models.Q(("kind", "credit_note")),
                        fields=["seller", "id"],
                        name="invoice_credit_notes",
                    ),
                    models.Index(
                        condition=models.Q(("kind", "credit_note")),
                        fields=["seller", "issue_date", "id"],
                        name="invoice_credit_notes_by_issue",
                    ),
                    models.Index(fields=["transaction_id"], name="invoice_of_transaction"),
                    models.Index(
                        condition=models.Q(("corrected_invoice__isnull", False)),
                        fields=["corrected_invoice"],
                        name="invoice_correction_of",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("series", "sequence"), name="invoice_sequence_once"
                    ),
                    models.UniqueConstraint(
                        fields=("seller", "number"), name="invoice_number_once"
                    ),
                    models.UniqueConstraint(fields=("seller", "id"), name="invoice_by_seller"),
                    models.UniqueConstraint(
                        fields=("event", "currency"), name="invoice_of_event_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "gross_minor",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("net_minor"), "+", models.F("tax_minor")
                                ),
                            )
                        ),
                        name="invoice_total_is_net_plus_tax",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "payable_minor",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("gross_minor"), "-", models.F("prepaid_minor")
                                ),
                            ),
                            ("prepaid_minor__gte", 0),
                            models.Q(
                                ("prepaid_minor", 0),
                                ("prepaid_minor__lte", models.F("gross_minor")),
                                _connector="OR",
                            ),
                        ),
                        name="invoice_payable_is_gross_less_prepaid",
                    ),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("accounting_currency", ""),
                                ("accounting_tax_minor__isnull", True),
                                ("accounting_taxes", []),
                                ("exchange_rate__isnull", True),
                                ("exchange_rate_date__isnull", True),
                                ("exchange_rate_source", ""),
                            ),
                            models.Q(
                                ("exchange_rate__isnull", False),
                                ("exchange_rate_date__isnull", False),
                                ("exchange_rate__gt", 0),
                                models.Q(("accounting_currency", ""), _negated=True),
                                models.Q(
                                    ("accounting_currency", models.F("currency")), _negated=True
                                ),
                                models.Q(("exchange_rate_source", ""), _negated=True),
                                models.Q(
                                    ("accounting_tax_minor__isnull", False),
                                    models.Q(
                                        ("accounting_tax_minor__isnull", True),
                                        ("accounting_taxes", []),
                                    ),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="invoice_exchange_wholly_said",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sequence__gte", 1), ("due_date__gte", models.F("issue_date"))
                        ),
                        name="invoice_sequence_and_dates",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Charge",
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
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.customer",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charges",
                        to="billing.event",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charges",
                        to="billing.subscription",
                    ),
                ),
                (
                    "price",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.price",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="invoices.invoice",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="Whose minimum commitment it tops up to, instead of a price.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.plan",
                    ),
                ),
                (
                    "order_line",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charges",
                        to="billing.orderline",
                    ),
                ),
                ("transaction_id", models.UUIDField()),
                (
                    "ordinal",
                    models.BigIntegerField(
                        db_default=models.Func(
                            models.Value("invoices_charge_ordinal"), function="nextval"
                        ),
                        help_text="Order in which the charges of a subscription were made.",
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("amount_minor", models.BigIntegerField(help_text="Net of tax, in minor units.")),
                (
                    "priced_minor",
                    models.BigIntegerField(
                        help_text="As the price says: gross if tax is included."
                    ),
                ),
                ("is_credit", models.BooleanField(help_text="Reverses what was charged.")),
                ("tax_included", models.BooleanField()),
                ("starts_on", models.DateField(help_text="First day of the service.")),
                ("stretch_starts_on", models.DateField()),
                (
                    "ends_on",
                    models.DateField(
                        help_text="First day after it; empty for an order.", null=True
                    ),
                ),
                (
                    "position",
                    models.PositiveIntegerField(help_text="1, 2, 3 … on the invoice.", null=True),
                ),
                ("price_code", models.CharField(blank=True, max_length=100)),
                (
                    "tag",
                    models.TextField(
                        blank=True,
                        help_text="The facts that make the price other than it is listed.",
                    ),
                ),
                ("cause", models.CharField(max_length=60)),
                ("text", models.CharField(max_length=300)),
                ("quantity", models.DecimalField(decimal_places=12, max_digits=30)),
                (
                    "measured",
                    models.DecimalField(
                        decimal_places=12,
                        help_text="Of usage: all that was known to be used when it was charged.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "unit_price",
                    models.DecimalField(
                        decimal_places=12,
                        help_text="Empty where units differ in price.",
                        max_digits=30,
                        null=True,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("tax_category", models.CharField(help_text="UNCL 5305 code.", max_length=2)),
                ("tax_percent", models.DecimalField(decimal_places=3, max_digits=6)),
                ("explanation", models.JSONField(help_text="Why the amount is what it is.")),
                (
                    "tax_class",
                    models.CharField(help_text="What the law makes of it.", max_length=20),
                ),
                (
                    "is_taxed_as_charged",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="It corrects a charge, and is taxed like that, whoever the customer is now.",
                    ),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        help_text="The charge that someone had taken back by it, wholly or in part.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="invoices.charge",
                    ),
                ),
                (
                    "is_concession",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="What it takes back is not charged again.",
                    ),
                ),
                (
                    "description",
                    models.CharField(blank=True, db_default="", default="", max_length=500),
                ),
                (
                    "exemption_code",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="VATEX code of the reason why it bears no VAT.",
                        max_length=30,
                    ),
                ),
                (
                    "exemption_text",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Why it bears no VAT, in the customer's language.",
                        max_length=300,
                    ),
                ),
                (
                    "item_number",
                    models.CharField(blank=True, db_default="", default="", max_length=100),
                ),
                (
                    "seller_vat_id",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of the seller's registration in another country, if it is taxed under that.",
                        max_length=20,
                    ),
                ),
                (
                    "supply",
                    models.CharField(
                        db_default="digital",
                        default="digital",
                        help_text="What kind of thing it is.",
                        max_length=7,
                    ),
                ),
                (
                    "tax_override",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="The seller's own decision that holds for its tax.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.taxoverride",
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        db_default="C62",
                        default="C62",
                        help_text="UN/ECE recommendation 20 code.",
                        max_length=3,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["transaction_id"], name="charge_of_transaction"),
                    models.Index(
                        condition=models.Q(("invoice__isnull", True)),
                        fields=["customer", "ordinal"],
                        name="charge_waiting",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("subscription"),
                        models.F("stretch_starts_on"),
                        models.F("starts_on"),
                        models.F("price"),
                        models.F("plan"),
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
                    models.UniqueConstraint(
                        condition=models.Q(("order_line__isnull", False)),
                        fields=("order_line", "cause", "corrects"),
                        name="charge_order_line_once",
                        nulls_distinct=False,
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=("corrects", "cause"),
                        name="charge_corrected_once",
                    ),
                    models.UniqueConstraint(
                        fields=("invoice", "position"), name="charge_position_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ends_on__gt", models.F("starts_on")),
                                ("ends_on__isnull", False),
                                ("order_line__isnull", True),
                                ("subscription__isnull", False),
                                models.Q(("price_code", ""), _negated=True),
                                models.Q(
                                    models.Q(("plan__isnull", True), ("price__isnull", False)),
                                    models.Q(("plan__isnull", False), ("price__isnull", True)),
                                    _connector="OR",
                                ),
                            ),
                            models.Q(
                                ("order_line__isnull", False),
                                ("plan__isnull", True),
                                ("subscription__isnull", True),
                                ("unit_price__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="charge_of_subscription_or_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("tax_included", True),
                            ("priced_minor", models.F("amount_minor")),
                            _connector="OR",
                        ),
                        name="charge_net_price_is_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_taxed_as_charged", False),
                            ("subscription__isnull", False),
                            ("corrects__isnull", False),
                            _connector="OR",
                        ),
                        name="charge_taxed_as_charged_of_subscription",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("corrects__isnull", True), ("is_concession", False)),
                            models.Q(("corrects__isnull", False), ("is_taxed_as_charged", True)),
                            _connector="OR",
                        ),
                        name="charge_correction_taxed_as_charged",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("invoice__isnull", True), ("position__isnull", True)),
                            models.Q(("invoice__isnull", False), ("position__gte", 1)),
                            _connector="OR",
                        ),
                        name="charge_invoiced_at_position",
                    ),
                ],
            },
        ),
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
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections_ordered",
                        to="invoices.invoice",
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
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True),
                            ("kind__in", ["cancellation", "correction"]),
                            ("settle__in", ["invoice", "balance", "payout"]),
                        ),
                        name="correction_said",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("bill_again", False), ("kind", "cancellation"), _connector="OR"
                        ),
                        name="correction_bills_again_wholly",
                    ),
                ],
            },
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
                (
                    "charge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="invoices.charge",
                    ),
                ),
                (
                    "correction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="invoices.correction",
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
                        fields=("correction", "charge"), name="correction_line_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount_minor", 0), _negated=True),
                            models.Q(
                                ("quantity__isnull", True), ("quantity__gt", 0), _connector="OR"
                            ),
                        ),
                        name="correction_line_takes_back",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BalanceMovement",
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
                        choices=[
                            ("prepayment", "Prepayment"),
                            ("credit_note", "Credit Note"),
                            ("applied", "applied to an invoice"),
                            ("reversed", "Reversed"),
                            ("expired", "Expired"),
                            ("adjustment", "Adjustment"),
                        ],
                        max_length=11,
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
                    "amount_minor",
                    models.BigIntegerField(help_text="In minor units; negative takes away."),
                ),
                (
                    "rest_minor",
                    models.BigIntegerField(
                        editable=False,
                        help_text="What is left of a lot; the database keeps it.",
                        null=True,
                    ),
                ),
                (
                    "invoice_id",
                    models.UUIDField(
                        editable=False,
                        help_text="The credit note, or the invoice it was applied to.",
                        null=True,
                    ),
                ),
                (
                    "expires_on",
                    models.DateField(
                        blank=True,
                        help_text="First day on which what is left of a lot is lost.",
                        null=True,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("booked_on", models.DateField(editable=False, help_text="The seller's day.")),
                ("transaction_id", models.UUIDField(editable=False)),
                ("created_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balance_movements",
                        to="billing.customer",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        help_text="The movement that brought in what this one takes away.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taken",
                        to="invoices.balancemovement",
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
                    models.Index(fields=["customer", "id"], name="balance_by_customer"),
                    models.Index(fields=["seller", "id"], name="balance_by_seller"),
                    models.Index(
                        condition=models.Q(("rest_minor__gt", 0)),
                        fields=["customer", "currency"],
                        name="balance_open_lots",
                    ),
                    models.Index(
                        condition=models.Q(("expires_on__isnull", False), ("rest_minor__gt", 0)),
                        fields=["expires_on"],
                        name="balance_expiring_lots",
                    ),
                    models.Index(
                        condition=models.Q(("lot__isnull", False)),
                        fields=["lot"],
                        name="balance_of_lot",
                    ),
                    models.Index(fields=["transaction_id"], name="balance_of_transaction"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("amount_minor__gt", 0),
                                ("kind__in", ["prepayment", "credit_note", "adjustment"]),
                                ("lot__isnull", True),
                            ),
                            models.Q(
                                ("amount_minor__lt", 0),
                                ("expires_on__isnull", True),
                                ("kind__in", ["applied", "reversed", "expired", "adjustment"]),
                                ("lot__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="balance_movement_brings_or_takes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("lot__isnull", True),
                                ("rest_minor__gte", 0),
                                ("rest_minor__lte", models.F("amount_minor")),
                            ),
                            models.Q(("lot__isnull", False), ("rest_minor__isnull", True)),
                            _connector="OR",
                        ),
                        name="balance_lot_not_below_zero",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("invoice_id__isnull", False),
                                ("kind__in", ["credit_note", "applied"]),
                            ),
                            models.Q(
                                models.Q(("kind__in", ["credit_note", "applied"]), _negated=True),
                                ("invoice_id__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="balance_movement_of_invoice",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind__in", ["prepayment", "adjustment", "reversed"]),
                                _negated=True,
                            ),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="balance_movement_has_reason",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "credit_note")),
                        fields=("invoice_id",),
                        name="balance_credit_note_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "applied")),
                        fields=("invoice_id", "lot"),
                        name="balance_lot_applied_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BillingRun",
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
                        choices=[
                            ("periods", "periods of contracts"),
                            ("days", "customers' collected charges"),
                        ],
                        max_length=7,
                    ),
                ),
                ("day", models.DateField(help_text="Up to which day, the seller's, it was due.")),
                ("started_at", models.DateTimeField()),
                (
                    "total",
                    models.PositiveBigIntegerField(
                        help_text="Events that it appended: what was due."
                    ),
                ),
                (
                    "is_appending",
                    models.BooleanField(help_text="Whether more of what is due is still read."),
                ),
                ("reading", models.JSONField(help_text="Where reading it goes on.", null=True)),
                (
                    "read_at",
                    models.DateTimeField(help_text="When it was last read to the end.", null=True),
                ),
                (
                    "done",
                    models.PositiveBigIntegerField(
                        help_text="How many were billed with all that follows, or written off.",
                        null=True,
                    ),
                ),
                (
                    "failed",
                    models.PositiveBigIntegerField(help_text="How many had failed.", null=True),
                ),
                (
                    "finished_at",
                    models.DateTimeField(help_text="When none of them waited any more.", null=True),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="billing_runs",
                        to="billing.seller",
                    ),
                ),
                (
                    "counted_at",
                    models.DateTimeField(
                        help_text="When it was counted what is done, and what failed.", null=True
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["seller", "id"], name="billing_run_by_seller"),
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=["seller", "kind"],
                        name="billing_run_running",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "kind", "day"), name="billing_run_once_a_day"
                    ),
                    models.UniqueConstraint(
                        fields=("seller", "kind", "started_at"), name="billing_run_starts_alone"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["periods", "days"]), ("total__gt", 0)),
                        name="billing_run_of_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_appending", True), ("reading__isnull", False)),
                            models.Q(
                                ("is_appending", False),
                                ("read_at__isnull", False),
                                ("reading__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="billing_run_is_read",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("finished_at__isnull", True),
                            models.Q(
                                ("counted_at__isnull", False),
                                ("is_appending", False),
                                (
                                    "total",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("done"), "+", models.F("failed")
                                    ),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="billing_run_finished_wholly",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("counted_at__isnull", True),
                                ("done__isnull", True),
                                ("failed__isnull", True),
                            ),
                            models.Q(
                                ("counted_at__isnull", False),
                                ("done__isnull", False),
                                ("failed__isnull", False),
                                (
                                    "total__gte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("done"), "+", models.F("failed")
                                    ),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="billing_run_counted_wholly",
                    ),
                ],
            },
        ),
    ]
