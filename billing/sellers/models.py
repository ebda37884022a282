"""Who issues invoices, and who may act for them."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact
from iso3166 import countries_by_alpha2

from billing.columns import address_scheme_column, has_scheme, optional_text
from billing.identifiers import check_bic, check_creditor_id, check_iban
from billing.ids import new_id


def check_country(code: str) -> None:
    """
    Check a country's code. Source: ISO 3166-1 alpha-2.

    :raises ValidationError: if no country has it.
    """
    if code not in countries_by_alpha2:
        raise ValidationError(f"{code!r} is no ISO 3166-1 alpha-2 code: give one such as DE.")


NUMBER_FORMAT = RegexValidator(
    r"^(?=.*\{sequence)(?=.*\{year)([^{}]|\{year(:\d*d)?\}|\{sequence(:\d*d)?\})+$",
    "Put in {year} and {sequence}, for example R{year}-{sequence:06d}.",
)
CURRENCY = RegexValidator(r"^[A-Z]{3}$", "Give the ISO 4217 code, for example EUR.")


def _literal(name: str) -> Func:
    """The number format without its padding, by which alone two formats must not differ."""
    return Func(
        F(name), Value(r":\d*d"), Value(""), Value("g"), function="regexp_replace",
        output_field=models.CharField(),
    )  # fmt: skip


class Seller(models.Model):
    """A legal entity that issues invoices. Every other row belongs to one."""

    class VatIdPolicy(models.TextChoices):
        """When the VAT id of a business in another EU country counts."""

        CHECKSUM = "checksum", "its check digits are right"
        CONFIRMED = "confirmed", "VIES has confirmed it"

    class ExchangeRatePolicy(models.TextChoices):
        """Which rates convert the VAT of documents in another currency."""

        DAILY = "daily", "of the day, as the ECB publishes them"
        MONTHLY = "monthly", "the month's average, as the BMF publishes them"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200, help_text="Legal name, as printed.")
    street = models.CharField(max_length=200)
    postcode = models.CharField(max_length=20)
    city = models.CharField(max_length=100)
    country = models.CharField(max_length=2, validators=[check_country])
    trading_name = optional_text(200, "Where it differs from the legal name.")
    contact_name = optional_text(100, "Person or department that answers questions.")
    phone = optional_text(40)
    email = models.EmailField(blank=True)
    register_number = optional_text(100, "With its court: Amtsgericht Berlin, HRB 12345 B.")
    legal_information = optional_text(
        500, "What the law wants on business letters: legal form, seat, directors, capital."
    )
    electronic_address = optional_text(100, "Where e-invoices to the seller go: Peppol, for one.")
    electronic_address_scheme = address_scheme_column()
    vat_id = models.CharField("VAT id", max_length=20, blank=True)
    tax_number = models.CharField(max_length=30, blank=True)
    oss = models.BooleanField(
        "one-stop shop",
        default=False,
        help_text="Whether consumers in other EU countries pay their own country's VAT.",
    )
    vat_id_policy = models.CharField(
        "policy on VAT ids",
        max_length=9,
        choices=VatIdPolicy,
        default=VatIdPolicy.CHECKSUM,
        db_default=VatIdPolicy.CHECKSUM,
        help_text="What makes the VAT id of a business in another EU country count.",
    )
    small_business_from = models.DateField(
        null=True,
        blank=True,
        help_text="First day on which it is exempt as a small business (§ 19 UStG); empty: never.",
    )
    small_business_until = models.DateField(
        null=True, blank=True, help_text="First day on which it no longer is."
    )
    small_business_text = optional_text(
        300, "What invoices say of it; empty: what the law of the country wants."
    )
    account_holder = optional_text(70, "Where it isn't the legal name.")
    iban = models.CharField("IBAN", max_length=34, blank=True, validators=[check_iban])
    bic = models.CharField("BIC", max_length=11, blank=True, validators=[check_bic])
    creditor_id = optional_text(
        35, "SEPA creditor identifier, for direct debits.", validators=[check_creditor_id]
    )
    timezone = models.CharField(max_length=64, help_text="IANA name; its days decide.")
    currency = models.CharField(max_length=3, validators=[CURRENCY])
    exchange_rate_policy = models.CharField(
        "policy on exchange rates",
        max_length=7,
        choices=ExchangeRatePolicy,
        default=ExchangeRatePolicy.DAILY,
        db_default=ExchangeRatePolicy.DAILY,
        help_text="Which rates state the VAT of documents in other currencies in its own.",
    )
    locale = models.CharField(max_length=10, help_text="Language of printed texts, de or en.")
    payment_days = models.PositiveSmallIntegerField(help_text="Days until an invoice is due.")
    invoice_number_format = models.CharField(
        max_length=60,
        validators=[NUMBER_FORMAT],
        help_text="With {year} and {sequence}, for example R{year}-{sequence:06d}.",
    )
    credit_note_number_format = models.CharField(
        max_length=60,
        validators=[NUMBER_FORMAT],
        help_text="Another than that of invoices, for example G{year}-{sequence:06d}.",
    )
    makes_documents = models.BooleanField(
        default=True,
        help_text="Whether documents are made of its invoices, and delivered; else only its apps "
        "tell customers of them.",
    )
    is_test = models.BooleanField(help_text="Test mode: has a test clock, demands no money.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(
                    Exact(_literal("invoice_number_format"), _literal("credit_note_number_format"))
                ),
                name="seller_number_formats_differ",
                violation_error_message="Invoices and credit notes need different numbers.",
            ),
            models.CheckConstraint(
                condition=Q(vat_id_policy__in=["checksum", "confirmed"]),
                name="seller_vat_id_policy_known",
            ),
            models.CheckConstraint(
                condition=Q(exchange_rate_policy__in=["daily", "monthly"]),
                name="seller_exchange_rate_policy_known",
            ),
            models.CheckConstraint(
                condition=Q(small_business_until__isnull=True)
                | Q(small_business_from__isnull=False)
                & Q(small_business_until__gt=F("small_business_from")),
                name="seller_small_business_forward",
                violation_error_message="The last day of the small business lies before its first.",
            ),
            has_scheme("seller"),
        ]

    def __str__(self) -> str:
        return self.name


class SellerRegistration(models.Model):
    """That a seller is registered for VAT in another country than its own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="registrations")
    country = models.CharField(max_length=2, validators=[check_country])
    vat_id = models.CharField("VAT id", max_length=20)
    valid_from = models.DateField(help_text="First day of supply under it.")
    valid_until = models.DateField(
        null=True, blank=True, help_text="First day no longer under it; may be set once."
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "VAT registration"
        constraints = [
            ExclusionConstraint(
                name="seller_registered_once_a_day",
                expressions=[
                    (F("seller"), RangeOperators.EQUAL),
                    (F("country"), RangeOperators.EQUAL),
                    (
                        Func(
                            F("valid_from"),
                            F("valid_until"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="seller_registration_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country}: {self.vat_id}"


class TestClock(models.Model):
    """The day that a seller in test mode lives in, and the day that it is on its way to."""

    __test__ = False  # Not a test case, whatever its name makes pytest think.

    seller = models.OneToOneField(
        Seller, models.PROTECT, primary_key=True, related_name="test_clock"
    )
    today = models.DateField()
    target_date = models.DateField(null=True, blank=True, help_text="Empty while it stands still.")
    held_date = models.DateField(
        null=True, blank=True, help_text="Day of which what is due waits; empty: none."
    )
    is_held = models.BooleanField(default=False, help_text="Whether what is due today waits.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(target_date__isnull=True) | Q(target_date__gte=F("today")),
                name="test_clock_goes_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seller}: {self.today}"


class ApiKey(models.Model):
    """A secret by which an app acts for a seller; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="What uses it.")
    prefix = models.CharField(max_length=24, unique=True, help_text="The part that may be shown.")
    secret_hash = models.CharField(max_length=64, help_text="SHA-256 of the whole key, in hex.")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"


class Membership(models.Model):
    """A staff user who works for a seller; without one a user sees no seller's rows."""

    seller = models.ForeignKey(Seller, models.PROTECT, related_name="memberships", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="seller_memberships"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "user"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.seller}"
