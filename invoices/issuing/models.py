"""What was charged, and the documents that demand it."""

from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import MD5

from billing.catalog.models import TAX_CLASS_LENGTH, Plan, Price
from billing.columns import PIECE, optional_text
from billing.contracts.models import Contract, Subscription
from billing.customers.models import Customer
from billing.events.models import Event
from billing.ids import new_id
from billing.orders.models import OrderLine
from billing.pricing.conversion import RATE_PLACES
from billing.sellers.models import Seller
from billing.vat.models import TaxOverride

KINDS = [("invoice", "invoice"), ("credit_note", "credit note")]
CORRECTION_KINDS = [("cancellation", "cancellation"), ("correction", "correction")]


class NumberSeries(models.Model):
    """The counter of a seller's documents of one kind in one year; locked last, never skips."""

    seller = models.ForeignKey(Seller, models.PROTECT, related_name="number_series")
    kind = models.CharField(max_length=11, choices=KINDS)
    series = models.CharField(max_length=20, blank=True, help_text="Empty: the main series.")
    year = models.PositiveSmallIntegerField()
    latest_sequence = models.BigIntegerField(default=0)
    latest_date = models.DateField(null=True, help_text="Issue date of the latest document.")
    latest_hash = models.CharField(max_length=64, help_text="Hash of the latest document.")

    class Meta:
        verbose_name_plural = "number series"
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "kind", "series", "year"], name="number_series_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.series} {self.year}".replace("  ", " ")


class Invoice(models.Model):
    """
    A numbered document, an invoice or a credit note, as it was issued: never changed.

    Its lines are its charges. Figures of a credit note are negative. `hash` is the SHA-256 of the
    canonical content, which holds `previous_hash`: the chain of its series.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="invoices")
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="invoices", db_constraint=False
    )
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, related_name="invoices", db_constraint=False
    )
    event = models.ForeignKey(Event, models.PROTECT, related_name="invoices", db_index=False)
    transaction_id = models.UUIDField()
    kind = models.CharField(max_length=11, choices=KINDS)
    series = models.ForeignKey(NumberSeries, models.PROTECT, related_name="invoices")
    sequence = models.BigIntegerField(help_text="1, 2, 3 … within the series.")
    number = models.CharField(max_length=60)
    issue_date = models.DateField()
    due_date = models.DateField()
    currency = models.CharField(max_length=3)
    seller_as_printed = models.JSONField()
    customer_as_printed = models.JSONField()
    corrects = models.JSONField(
        default=list, help_text="Numbers and dates of the invoices that a credit note corrects."
    )
    corrected_invoice = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="corrections",
        db_index=False,
        help_text="What a credit note that was ordered takes back, wholly or in part.",
    )
    correction_kind = models.CharField(
        max_length=12,
        blank=True,
        default="",
        choices=CORRECTION_KINDS,
        help_text="Of a credit note that was ordered: whether it takes back all that was left.",
    )
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    prepaid_minor = models.BigIntegerField(help_text="Used of the balance. EN 16931 BT-113.")
    payable_minor = models.BigIntegerField(help_text="What is left to pay. EN 16931 BT-115.")
    settled_minor = models.BigIntegerField(
        default=0,
        help_text="Of a credit note that was ordered: what it settles of the invoice it corrects.",
    )
    taxes = models.JSONField(help_text="Per category and rate: base_minor and tax_minor.")
    accounting_currency = models.CharField(
        max_length=3,
        blank=True,
        default="",
        db_default="",
        help_text="The seller's, where it isn't the document's and a rate is known. EN 16931 BT-6.",
    )
    exchange_rate = models.DecimalField(
        max_digits=36,
        decimal_places=RATE_PLACES,
        null=True,
        help_text="Units of the document's currency for one of the accounting currency.",
    )
    exchange_rate_date = models.DateField(null=True, help_text="Of a month's rate its first day.")
    exchange_rate_source = models.CharField(
        max_length=500, blank=True, default="", db_default="", help_text="Who published it."
    )
    accounting_tax_minor = models.BigIntegerField(
        null=True, help_text="VAT in the accounting currency, if it shows any. EN 16931 BT-111."
    )
    accounting_taxes = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), help_text="Its parts, as in taxes."
    )
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "sequence"], name="invoice_sequence_once"),
            models.UniqueConstraint(fields=["seller", "number"], name="invoice_number_once"),
            # Lists; and what is told of an invoice refers to one of the same seller.
            models.UniqueConstraint(fields=["seller", "id"], name="invoice_by_seller"),
            # Only a day on which charges in several currencies are collected makes several.
            models.UniqueConstraint(fields=["event", "currency"], name="invoice_of_event_once"),
            models.CheckConstraint(
                condition=Q(gross_minor=F("net_minor") + F("tax_minor")),
                name="invoice_total_is_net_plus_tax",
            ),
            models.CheckConstraint(
                condition=Q(payable_minor=F("gross_minor") - F("prepaid_minor"))
                & Q(prepaid_minor__gte=0)
                & (Q(prepaid_minor=0) | Q(prepaid_minor__lte=F("gross_minor"))),
                name="invoice_payable_is_gross_less_prepaid",
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", gross_minor__gte=0)
                | Q(kind="credit_note", gross_minor__lt=0)
                | Q(kind="credit_note", gross_minor=0, corrected_invoice__isnull=False),
                name="invoice_kind_by_sign",
            ),
            models.CheckConstraint(
                condition=Q(corrected_invoice__isnull=True, correction_kind="", settled_minor=0)
                | Q(
                    corrected_invoice__isnull=False,
                    kind="credit_note",
                    correction_kind__in=["cancellation", "correction"],
                    settled_minor__gte=0,
                    settled_minor__lte=-F("gross_minor"),
                ),
                name="invoice_correction_wholly_said",
            ),
            models.CheckConstraint(
                condition=Q(
                    accounting_currency="",
                    exchange_rate__isnull=True,
                    exchange_rate_date__isnull=True,
                    exchange_rate_source="",
                    accounting_tax_minor__isnull=True,
                    accounting_taxes=[],
                )
                | Q(exchange_rate__isnull=False, exchange_rate_date__isnull=False)
                & Q(exchange_rate__gt=0)
                & ~Q(accounting_currency="")
                & ~Q(accounting_currency=F("currency"))
                & ~Q(exchange_rate_source="")
                & (
                    Q(accounting_tax_minor__isnull=False)
                    | Q(accounting_tax_minor__isnull=True, accounting_taxes=[])
                ),
                name="invoice_exchange_wholly_said",
            ),
            models.CheckConstraint(
                condition=Q(sequence__gte=1) & Q(due_date__gte=F("issue_date")),
                name="invoice_sequence_and_dates",
            ),
        ]
        indexes = [
            models.Index(fields=["customer"], name="invoice_by_customer"),  # Customer's page.
            models.Index(fields=["contract"], name="invoice_by_contract"),  # Contract's page.
            # The story of a transaction.
            models.Index(fields=["transaction_id"], name="invoice_of_transaction"),
            models.Index(
                fields=["corrected_invoice"],
                name="invoice_correction_of",
                condition=Q(corrected_invoice__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Charge(models.Model):
    """
    An amount owed for one price and stretch of constant terms, for a plan's minimum commitment, or
    for a line of an order.

    Once invoiced it is a line of that invoice. Where its customer's charges are collected it waits
    for that; meanwhile its net amount and tax are those that a document of its event alone would
    have. `cause` names the fact that caused it: the turn of a period, the change, the order; not
    the event or message that told of it. A credit reverses the unused rest of the stretch that
    began on `stretch_starts_on`; what it takes back of invoices bears the tax that they showed.

    What a human had taken back of a charge `corrects` it. Where that shall not be charged again,
    it is a concession: what is owed is compared with what was charged without it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    subscription = models.ForeignKey(
        Subscription,
        models.PROTECT,
        null=True,
        related_name="charges",
        db_constraint=False,
        db_index=False,  # The unique constraint begins with it.
    )
    price = models.ForeignKey(
        Price, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    plan = models.ForeignKey(
        Plan,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="Whose minimum commitment it tops up to, instead of a price.",
    )
    price_code = models.CharField(max_length=100, blank=True)
    tag = models.TextField(
        blank=True, help_text="The facts that make the price other than it is listed."
    )
    order_line = models.ForeignKey(
        OrderLine, models.PROTECT, null=True, related_name="charges", db_index=False
    )
    cause = models.CharField(max_length=60)
    is_credit = models.BooleanField(help_text="Reverses what was charged.")
    starts_on = models.DateField(help_text="First day of the service.")
    ends_on = models.DateField(null=True, help_text="First day after it; empty for an order.")
    stretch_starts_on = models.DateField()
    text = models.CharField(max_length=300)
    quantity = models.DecimalField(max_digits=30, decimal_places=12)
    measured = models.DecimalField(
        max_digits=30,
        decimal_places=12,
        null=True,
        help_text="Of usage: all that was known to be used when it was charged.",
    )
    unit_price = models.DecimalField(
        max_digits=30,
        decimal_places=12,
        null=True,
        help_text="Empty where units differ in price.",
    )
    currency = models.CharField(max_length=3)
    priced_minor = models.BigIntegerField(help_text="As the price says: gross if tax is included.")
    amount_minor = models.BigIntegerField(help_text="Net of tax, in minor units.")
    tax_included = models.BooleanField()
    tax_class = models.CharField(max_length=TAX_CLASS_LENGTH, help_text="What the law makes of it.")
    tax_category = models.CharField(max_length=2, help_text="UNCL 5305 code.")
    tax_percent = models.DecimalField(max_digits=6, decimal_places=3)
    supply = models.CharField(
        max_length=7, default="digital", db_default="digital", help_text="What kind of thing it is."
    )
    exemption_code = optional_text(30, "VATEX code of the reason why it bears no VAT.")
    exemption_text = optional_text(300, "Why it bears no VAT, in the customer's language.")
    seller_vat_id = optional_text(
        20, "Of the seller's registration in another country, if it is taxed under that."
    )
    tax_override = models.ForeignKey(
        TaxOverride,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="The seller's own decision that holds for its tax.",
    )
    unit = models.CharField(
        max_length=3, default=PIECE, db_default=PIECE, help_text="UN/ECE recommendation 20 code."
    )
    item_number = optional_text(100)
    description = optional_text(500)
    is_taxed_as_charged = models.BooleanField(
        db_default=False,
        default=False,
        help_text="It corrects a charge, and is taxed like that, whoever the customer is now.",
    )
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="corrections",
        db_index=False,  # The unique constraint begins with it.
        help_text="The charge that someone had taken back by it, wholly or in part.",
    )
    is_concession = models.BooleanField(
        db_default=False,
        default=False,
        help_text="What it takes back is not charged again.",
    )
    explanation = models.JSONField(help_text="Why the amount is what it is.")
    event = models.ForeignKey(Event, models.PROTECT, related_name="charges", db_index=False)
    transaction_id = models.UUIDField()
    created_at = models.DateTimeField()
    ordinal = models.BigIntegerField(
        db_default=Func(Value("invoices_charge_ordinal"), function="nextval"),
        help_text="Order in which the charges of a subscription were made.",
    )
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="lines")
    position = models.PositiveIntegerField(null=True, help_text="1, 2, 3 … on the invoice.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "subscription",
                "price",
                "plan",
                "starts_on",
                "stretch_starts_on",
                MD5("tag"),  # A tag may be too long for an index.
                "is_credit",
                "cause",
                "corrects",
                # What takes back charges of several taxes is a credit for each.
                Case(When(is_taxed_as_charged=True, then="tax_category")),
                Case(When(is_taxed_as_charged=True, then="tax_percent")),
                condition=Q(subscription__isnull=False),
                nulls_distinct=False,  # Either the price or the plan is null.
                name="charge_period_charged_once",
            ),
            # Once more only if it was taken back wholly: see the trigger charge_order_line_again.
            models.UniqueConstraint(
                fields=["order_line", "cause", "corrects"],
                condition=Q(order_line__isnull=False),
                nulls_distinct=False,
                name="charge_order_line_once",
            ),
            models.UniqueConstraint(
                fields=["corrects", "cause"],
                condition=Q(corrects__isnull=False),
                name="charge_corrected_once",
            ),
            models.UniqueConstraint(fields=["invoice", "position"], name="charge_position_once"),
            models.CheckConstraint(
                condition=Q(
                    subscription__isnull=False,
                    order_line__isnull=True,
                    ends_on__isnull=False,
                    ends_on__gt=F("starts_on"),
                )
                & ~Q(price_code="")
                & (
                    Q(price__isnull=False, plan__isnull=True)
                    | Q(price__isnull=True, plan__isnull=False)
                )
                | Q(
                    subscription__isnull=True,
                    plan__isnull=True,
                    order_line__isnull=False,
                    unit_price__isnull=False,
                ),
                name="charge_of_subscription_or_order",
            ),
            models.CheckConstraint(
                condition=Q(tax_included=True) | Q(priced_minor=F("amount_minor")),
                name="charge_net_price_is_amount",
            ),
            models.CheckConstraint(
                condition=Q(is_taxed_as_charged=False)
                | Q(subscription__isnull=False)
                | Q(corrects__isnull=False),
                name="charge_taxed_as_charged_of_subscription",
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True, is_concession=False)
                | Q(corrects__isnull=False, is_taxed_as_charged=True),
                name="charge_correction_taxed_as_charged",
            ),
            models.CheckConstraint(
                condition=Q(invoice__isnull=True, position__isnull=True)
                | Q(invoice__isnull=False, position__gte=1),
                name="charge_invoiced_at_position",
            ),
        ]
        indexes = [
            # The story of a transaction.
            models.Index(fields=["transaction_id"], name="charge_of_transaction"),
            # What waits to be collected. Holds only that.
            models.Index(
                fields=["customer", "ordinal"],
                name="charge_waiting",
                condition=Q(invoice__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.text
