"""What was charged."""

from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import MD5

from billing.catalog.models import TAX_CLASS_LENGTH, Plan, Price
from billing.columns import PIECE, optional_text
from billing.contracts.models import Subscription
from billing.customers.models import Customer
from billing.events.models import Event
from billing.ids import new_id
from billing.orders.models import OrderLine
from billing.sellers.models import Seller
from billing.vat.models import TaxOverride
from invoices.issuing.models.invoices import Invoice


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
    seller = models.ForeignKey(
        Seller,
        models.PROTECT,
        related_name="+",
        db_constraint=False,  # Its customer is of the same one.
        db_index=False,
    )
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
    invoice = models.ForeignKey(
        Invoice,
        models.PROTECT,
        null=True,
        related_name="lines",
        db_index=False,  # The unique constraint begins with it.
    )
    position = models.PositiveIntegerField(null=True, help_text="1, 2, 3 … on the invoice.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "subscription",
                # Before the price: what is open of a subscription lies together, at the end of it.
                "stretch_starts_on",
                "starts_on",
                "price",
                "plan",
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
