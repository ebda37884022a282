"""Which accounts the books use: charts that all sellers share, what a seller wants otherwise."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Power

from billing.catalog.models import Product
from billing.customers.models import Customer
from billing.ids import new_id
from billing.sellers.models import Seller

CHARTS = [("03", "SKR03"), ("04", "SKR04")]
PURPOSES = ["receivable", "revenue", "vat", "balance", "deferred"]
SCOPES = [
    ("home", "home"),
    ("eu", "in the EU"),
    ("third", "elsewhere"),
    ("registered", "where the seller is registered"),
]
SUPPLIES = [("service", "service"), ("digital", "digital"), ("goods", "goods")]
ACCOUNT_NUMBER = RegexValidator(r"^[0-9]{4,8}$", "Give the number of a G/L account: 4 to 8 digits.")
TAX_KEY = RegexValidator(r"^[0-9]{0,4}$", "Give a DATEV BU key: up to 4 digits.")


_SMALLEST = Power(Value(10), F("account_digits"))
_PERSONAL_ACCOUNTS = (_SMALLEST, _SMALLEST * 7 - 1)


class Mapping(models.Model):
    """What an account is for: the most exact row that holds on the day of supply wins."""

    purpose = models.CharField(max_length=10, choices=[(name, name) for name in PURPOSES])
    tax_category = models.CharField(
        max_length=2, blank=True, help_text="UNCL 5305 code, for example S; empty: any."
    )
    percent = models.DecimalField(
        max_digits=6, decimal_places=3, null=True, blank=True, help_text="Empty: any rate."
    )
    scope = models.CharField(
        max_length=10,
        blank=True,
        choices=SCOPES,
        help_text="Where the VAT is due, or the customer is; empty: anywhere.",
    )
    supply = models.CharField(
        max_length=7, blank=True, choices=SUPPLIES, help_text="Kind of supply; empty: any."
    )
    account = models.CharField(max_length=8, validators=[ACCOUNT_NUMBER])
    tax_key = models.CharField(
        "BU key",
        max_length=4,
        blank=True,
        validators=[TAX_KEY],
        help_text="Empty on automatic accounts, and where there is no VAT.",
    )
    valid_from = models.DateField(help_text="First day of supply on which it is used.")
    valid_until = models.DateField(null=True, blank=True, help_text="First day no longer valid.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.purpose} {self.account}"


class Account(Mapping):
    """An account of a chart: shared by all sellers, as the publisher of the chart says."""

    chart = models.CharField(max_length=2, choices=CHARTS)
    exemption = models.CharField(
        max_length=20, blank=True, help_text="small_business: of sellers by UStG § 19; empty: any."
    )
    name = models.CharField(max_length=150, help_text="As the chart calls it.")
    source = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "chart", "purpose", "tax_category", "percent", "scope", "supply", "exemption",
                    "valid_from",
                ],
                nulls_distinct=False,
                name="account_once",
            ),
        ]  # fmt: skip


class AccountOverride(Mapping):
    """Another account that a seller wants for a tax, a country or a product, with the reason."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(
        Seller, models.PROTECT, related_name="account_overrides", db_index=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False
    )
    country = models.CharField(
        max_length=2, blank=True, help_text="Where the VAT is due; empty: any country."
    )
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "seller", "purpose", "tax_category", "percent", "scope", "supply", "product",
                    "country", "valid_from",
                ],
                nulls_distinct=False,
                name="account_override_once",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=PURPOSES)
                & (Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from"))),
                name="account_override_known",
            ),
        ]  # fmt: skip


class Bookkeeping(models.Model):
    """How a seller's tax adviser keeps the books: numbers of DATEV, chart, debtors."""

    class Debtors(models.TextChoices):
        """Whether each customer has an account."""

        COLLECTIVE = "collective", "one account for all customers"
        EACH = "each", "an account for each customer"

    seller = models.OneToOneField(
        Seller, models.PROTECT, primary_key=True, related_name="bookkeeping"
    )
    chart = models.CharField(max_length=2, choices=CHARTS, default="03")
    consultant_number = models.PositiveIntegerField(
        "consultant number (Beraternummer)",
        validators=[MinValueValidator(1001), MaxValueValidator(9_999_999)],
    )
    client_number = models.PositiveIntegerField(
        "client number (Mandantennummer)",
        validators=[MinValueValidator(1), MaxValueValidator(99_999)],
    )
    account_digits = models.PositiveSmallIntegerField(
        default=4,
        validators=[MinValueValidator(4), MaxValueValidator(8)],
        help_text="Digits of G/L accounts; those of customers have one more.",
    )
    fiscal_year_month = models.PositiveSmallIntegerField(
        "first month of the fiscal year",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
    )
    debtors = models.CharField(max_length=10, choices=Debtors, default=Debtors.EACH)
    collective_debtor = models.PositiveIntegerField(
        default=10_000, help_text="The account of all customers, if they have one together."
    )
    first_debtor = models.PositiveIntegerField(
        default=10_001, help_text="Customers are numbered from here on."
    )
    is_final = models.BooleanField(
        "final (Festschreibung)",
        default=False,
        help_text="Whether the adviser's program must not let the postings be changed.",
    )

    class Meta:
        verbose_name_plural = "bookkeeping"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    chart__in=["03", "04"],
                    account_digits__range=(4, 8),
                    fiscal_year_month__range=(1, 12),
                    consultant_number__range=(1001, 9_999_999),
                    client_number__range=(1, 99_999),
                ),
                name="bookkeeping_in_range",
            ),
            models.CheckConstraint(
                condition=Q(
                    first_debtor__range=_PERSONAL_ACCOUNTS,
                    collective_debtor__range=_PERSONAL_ACCOUNTS,
                ),
                name="bookkeeping_debtors_have_a_digit_more",
                violation_error_message="Customers' accounts have one digit more than G/L "
                "accounts, and begin with 1 to 6: with 4 digits 10000 to 69999.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consultant_number}/{self.client_number}"


class DebtorAccount(models.Model):
    """The account of a customer in the seller's books: a fact, numbered once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    customer = models.OneToOneField(
        Customer, models.PROTECT, related_name="debtor_account", db_constraint=False
    )
    number = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "number"], name="debtor_number_once"),
        ]

    def __str__(self) -> str:
        return str(self.number)
