"""What sellers decide of VAT themselves, and what registers say of VAT ids."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from billing.catalog.models import TAX_CLASS_LENGTH, TAX_CLASSES, Product
from billing.catalog.models.columns import choices, validity
from billing.columns import optional_text
from billing.customers.models import Customer
from billing.identifiers import check_exemption_code
from billing.ids import new_id
from billing.sellers.models import Seller, check_country

CATEGORIES = [
    ("S", "S: taxed"),
    ("Z", "Z: taxed at 0 %"),
    ("E", "E: exempt"),
    ("AE", "AE: reverse charge"),
    ("K", "K: intra-community supply"),
    ("G", "G: export"),
    ("O", "O: outside the scope"),
]
PERCENT_PLACES = 3


def _any(name: str) -> Func:
    """A column of which null means all: so that two such rows overlap."""
    return Func(
        F(name),
        function="coalesce",
        template="coalesce(%(expressions)s, '00000000-0000-0000-0000-000000000000'::uuid)",
        output_field=models.UUIDField(),
    )


class TaxOverride(models.Model):
    """
    A seller's own decision on the VAT of certain supplies, with its reason; a fact.

    What is empty is not asked for. Of several that fit the one that names most decides. It counts
    from its recording on for days of supply from `valid_from`; only its end is set later, once.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="tax_overrides", db_index=False)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tax_overrides",
        db_constraint=False,
    )
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False
    )
    tax_class = optional_text(TAX_CLASS_LENGTH, "Empty: any.", choices=choices(TAX_CLASSES))
    country = optional_text(
        2, "Of the customer, or of delivery; empty: any.", validators=[check_country]
    )
    category = models.CharField(max_length=2, choices=CATEGORIES)
    percent = models.DecimalField(max_digits=6, decimal_places=PERCENT_PLACES, default=0)
    exemption_code = optional_text(30, "VATEX code.", validators=[check_exemption_code])
    exemption_text = optional_text(300, "Why there is no VAT, as printed.")
    reason = models.CharField(max_length=500, help_text="Why the seller decides so.")
    valid_from = models.DateField(help_text="First day of supply.")
    valid_until = models.DateField(
        null=True, blank=True, help_text="First day of supply without it; may be set once."
    )
    recorded_by = models.CharField(max_length=200, help_text="Who decided it.")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, editable=False, help_text="When its end was set.")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="tax_override_once_a_day",
                expressions=[
                    (F("seller"), RangeOperators.EQUAL),
                    (_any("customer"), RangeOperators.EQUAL),
                    (_any("product"), RangeOperators.EQUAL),
                    (F("tax_class"), RangeOperators.EQUAL),
                    (F("country"), RangeOperators.EQUAL),
                    (validity(), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(category="S", percent__gt=0, percent__lt=100)
                | Q(category__in=["Z", "E", "AE", "K", "G", "O"], percent=0),
                name="tax_override_percent_of_category",
            ),
            models.CheckConstraint(
                condition=~Q(category="E") | ~Q(exemption_text="") | ~Q(exemption_code=""),
                name="tax_override_exempt_says_why",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="tax_override_has_reason"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="tax_override_validity_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.percent.normalize():f} %: {self.reason}"


class VatIdCheck(models.Model):
    """What a register said of a customer's VAT id, or that it didn't answer; a fact."""

    class Outcome(models.TextChoices):
        """What came of asking."""

        VALID = "valid"
        INVALID = "invalid"
        UNAVAILABLE = "unavailable"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="vat_id_checks", db_constraint=False, db_index=False
    )
    vat_id = models.CharField("VAT id", max_length=20)
    outcome = models.CharField(max_length=11, choices=Outcome)
    consultation_number = optional_text(40, "The register's number of the answer: evidence.")
    name = optional_text(500, "As the register has it.")
    address = optional_text(1000, "As the register has it.")
    answer = models.JSONField(help_text="All that was answered.")
    checked_at = models.DateTimeField()
    next_check_at = models.DateTimeField(
        null=True,
        help_text="When it is asked again; empty: a later check did, or there is no need.",
    )

    class Meta:
        verbose_name = "VAT id check"
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["valid", "invalid", "unavailable"]),
                name="vat_id_check_outcome_known",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="vat_id_check_by_customer"),
            # The scheduler's scan: its cost is the number of those that are due.
            models.Index(
                fields=["next_check_at"],
                name="vat_id_check_due",
                condition=Q(next_check_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vat_id}: {self.outcome}"
