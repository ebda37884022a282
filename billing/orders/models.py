"""Single purchases."""

from django.db import models
from django.db.models import Q

from billing.catalog.models import TAX_CLASS_LENGTH, TAX_CLASSES, Product
from billing.catalog.models.columns import SUPPLY_KINDS, choices, supply_column
from billing.columns import (
    exemption_code_column,
    exemption_text_column,
    optional_text,
    unit_column,
)
from billing.customers.models import Customer
from billing.ids import new_id
from billing.sellers.models import CURRENCY, Seller


class Order(models.Model):
    """A single purchase: a fact, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="orders", db_index=False)
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="orders", db_constraint=False, db_index=False
    )
    external_id = models.CharField(
        max_length=100, null=True, blank=True, help_text="The caller's own id."
    )
    currency = models.CharField(max_length=3, validators=[CURRENCY])
    ordered_on = models.DateField(help_text="Day of the order and of the supply.")
    purchase_order = optional_text(100, "The customer's number of its order (BT-13).")
    project_reference = optional_text(100, "The customer's project (BT-11).")
    recorded_on = models.DateField(editable=False, help_text="Day on which it became known.")
    recorded_at = models.DateTimeField(editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "external_id"], name="order_external_id_once"
            ),
        ]
        indexes = [
            # List of a seller's orders, newest first.
            models.Index(fields=["seller", "id"], name="order_by_seller"),
            models.Index(fields=["customer", "id"], name="order_by_customer"),  # Customer's page.
            # Lists by filter: the orders of some days.
            models.Index(fields=["seller", "ordered_on", "id"], name="order_by_day"),
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.id)


class OrderLine(models.Model):
    """One thing of an order. Without a unit price the product's price on the day holds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(
        Seller, models.PROTECT, related_name="+", editable=False, db_index=False
    )
    order = models.ForeignKey(Order, models.PROTECT, related_name="lines", db_index=False)
    position = models.PositiveIntegerField(help_text="1, 2, 3 … on the order.")
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    text = models.CharField(max_length=300, blank=True, help_text="As printed on the line.")
    quantity = models.DecimalField(max_digits=30, decimal_places=12)
    unit_price = models.DecimalField(
        max_digits=30, decimal_places=12, null=True, blank=True, help_text="In major units."
    )
    tax_class = models.CharField(
        max_length=TAX_CLASS_LENGTH, blank=True, choices=choices(TAX_CLASSES)
    )
    tax_included = models.BooleanField(default=False, help_text="Whether the unit price is gross.")
    supply = supply_column()
    exemption_code = exemption_code_column()
    exemption_text = exemption_text_column()
    unit = unit_column()
    item_number = optional_text(100, "As printed; empty: the product's code.")
    description = optional_text(500, "As printed; empty: the product's.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position_once"),
            models.CheckConstraint(
                condition=Q(unit_price__isnull=False, tax_class__in=TAX_CLASSES) & ~Q(text="")
                | Q(unit_price__isnull=True, product__isnull=False, tax_class=""),
                name="order_line_priced_or_of_product",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_has_quantity"),
            models.CheckConstraint(
                condition=Q(supply__in=SUPPLY_KINDS), name="order_line_supply_known"
            ),
        ]

    def __str__(self) -> str:
        return self.text or str(self.product)
