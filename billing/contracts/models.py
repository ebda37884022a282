"""What was agreed: contracts, their subscriptions, and each change of them."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value

from billing.catalog.models import Coupon, Plan
from billing.columns import optional_text
from billing.customers.models import Customer
from billing.ids import new_id
from billing.sellers.models import CURRENCY, Seller


class Contract(models.Model):
    """
    A customer's agreement to pay in one currency; the row that billing locks.

    How far it is billed changes (`next_billing_date`, `billed_date`, `billed_position`); what was
    agreed doesn't.
    """

    class Renewal(models.TextChoices):
        """What follows a term."""

        NONE = "none", "none: it ends by itself"
        INDEFINITE = "indefinite", "for an indefinite time"
        MONTHS = "months", "by months"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="contracts", db_index=False)
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="contracts", db_constraint=False, db_index=False
    )
    external_id = models.CharField(
        max_length=100, null=True, blank=True, help_text="The caller's own id."
    )
    currency = models.CharField(max_length=3, validators=[CURRENCY])
    payment_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Days until an invoice is due; empty: the customer's."
    )
    initial_months = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="The first term, from the first start of a subscription on; empty: no term.",
    )
    renewal = models.CharField(
        max_length=10,
        blank=True,
        choices=Renewal,
        help_text="What follows if nobody gave notice in time.",
    )
    renewal_months = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Length of each further term, where it is renewed by months.",
    )
    notice_months = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Months before the end by which notice must be given."
    )
    purchase_order = optional_text(100, "The customer's number of its order (BT-13).")
    project_reference = optional_text(100, "The customer's project (BT-11).")
    created_at = models.DateTimeField()
    next_billing_date = models.DateField(
        null=True,
        editable=False,
        help_text="Next day on which something is due.",
    )
    billed_date = models.DateField(
        null=True, editable=False, help_text="Day as of which it was last billed."
    )
    billed_position = models.BigIntegerField(
        default=0, editable=False, help_text="The latest change that was known then."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "external_id"], name="contract_external_id_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    initial_months__isnull=True,
                    renewal="",
                    renewal_months__isnull=True,
                    notice_months__isnull=True,
                )
                # A comparison with null is no refusal: each is asked for.
                | Q(
                    initial_months__isnull=False, initial_months__gte=1, notice_months__isnull=False
                )
                & (
                    Q(renewal__in=["none", "indefinite"], renewal_months__isnull=True)
                    | Q(renewal="months", renewal_months__isnull=False, renewal_months__gte=1)
                ),
                name="contract_term_complete",
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "id"], name="contract_by_customer"
            ),  # Customer's page.
            # The scheduler's scan, chunk by chunk: its cost is the number of contracts due.
            models.Index(
                fields=["seller", "next_billing_date", "id"],
                name="contract_due",
                condition=Q(next_billing_date__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.id)


# What each of these kinds of change says in its terms: all of the first, one of the second.
_WITH_TERMS = {
    "override_price": (("price",), ("amount", "unit_price", "tiers")),
    "index_prices": (("percent",), ()),
    "discount": ((), ("percent", "amount")),
    "set_anchor_day": (("anchor_day",), ()),
}


def _has_terms() -> Q:
    found = ~Q(kind__in=list(_WITH_TERMS)) & Q(terms__isnull=True)
    for kind, (all_of, one_of) in _WITH_TERMS.items():
        mine = Q(kind=kind, terms__isnull=False)
        if all_of:
            mine &= Q(terms__has_keys=list(all_of))
        if one_of:
            mine &= Q(terms__has_any_keys=list(one_of))
        found |= mine
    return found


def _charged_columns(*, empty: bool) -> models.Q:
    return models.Q(
        charged_until__isnull=empty, charged_known_on__isnull=empty, charged_position__isnull=empty
    )


class Subscription(models.Model):
    """
    One thing that a contract keeps paying for; its terms are the sum of its changes.

    How far it is charged changes (`charged_*`).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="subscriptions", db_index=False)
    contract = models.ForeignKey(
        Contract,
        models.PROTECT,
        related_name="subscriptions",
        db_constraint=False,
        db_index=False,
    )
    external_id = models.CharField(
        max_length=100, null=True, blank=True, help_text="The caller's own id."
    )
    created_at = models.DateTimeField()
    charged_until = models.DateField(
        null=True, editable=False, help_text="Day up to which it was last charged."
    )
    charged_known_on = models.DateField(
        null=True, editable=False, help_text="Day by whose knowledge it was charged."
    )
    charged_position = models.BigIntegerField(
        null=True, editable=False, help_text="Position of the last change that was known then."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "external_id"], name="subscription_external_id_once"
            ),
            models.CheckConstraint(
                condition=_charged_columns(empty=True) | _charged_columns(empty=False),
                name="subscription_charged_wholly_known",
            ),
        ]
        indexes = [
            # Read with each billing; lists of a contract's.
            models.Index(fields=["contract", "id"], name="subscription_by_contract"),
            # Lists by filter: those that were recorded at a time.
            models.Index(fields=["seller", "created_at", "id"], name="subscription_by_creation"),
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.id)


class SubscriptionChange(models.Model):
    """A change of a subscription, its start among them: a fact, never changed."""

    class Kind(models.TextChoices):
        """What changes."""

        START = "start"
        CHANGE_PLAN = "change_plan"
        CHANGE_QUANTITY = "change_quantity"
        OVERRIDE_PRICE = "override_price"
        INDEX_PRICES = "index_prices"
        DISCOUNT = "discount"
        SET_ANCHOR_DAY = "set_anchor_day"
        PAUSE = "pause"
        RESUME = "resume"
        CANCEL = "cancel"
        UNDO = "undo"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    subscription = models.ForeignKey(
        Subscription,
        models.PROTECT,
        related_name="changes",
        db_constraint=False,
        db_index=False,  # The unique constraint begins with it.
    )
    position = models.BigIntegerField(
        editable=False,
        db_default=Func(Value("billing_change_position"), function="nextval"),
        help_text="Order of recording within a contract; the database gives it under its lock.",
    )
    kind = models.CharField(max_length=15, choices=Kind)
    effective_on = models.DateField(help_text="First day of the new terms.")
    recorded_on = models.DateField(editable=False, help_text="Day on which it became known.")
    recorded_at = models.DateTimeField(editable=False)
    plan = models.ForeignKey(
        Plan,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    quantity = models.DecimalField(max_digits=30, decimal_places=12, null=True, blank=True)
    credit = models.CharField(
        max_length=8,
        default="prorated",
        choices=[(value, value) for value in ("prorated", "full", "none")],
        help_text="For a cancellation: what is given back of what was paid in advance.",
    )
    terms = models.JSONField(
        null=True,
        blank=True,
        help_text="Of an override, an index, a discount or an anchor day: its values.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(kind="start"), name="subscription_starts_once"
            ),
            models.UniqueConstraint(
                fields=["subscription", "position"], name="subscription_change_in_order"
            ),
            models.CheckConstraint(
                condition=Q(kind="start", plan__isnull=False, quantity__isnull=False)
                | Q(kind="change_plan", plan__isnull=False)
                | Q(kind="change_quantity", plan__isnull=True, quantity__isnull=False)
                | Q(
                    kind__in=["pause", "resume", "cancel", "undo", *_WITH_TERMS],
                    plan__isnull=True,
                    quantity__isnull=True,
                ),
                name="subscription_change_says_what_changes",
            ),
            models.CheckConstraint(condition=_has_terms(), name="subscription_change_has_terms"),
            models.CheckConstraint(
                condition=~Q(kind="undo") | Q(effective_on=F("recorded_on")),
                name="subscription_undo_of_today",
            ),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True) | Q(quantity__gte=0),
                name="subscription_quantity_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(credit__in=["prorated", "full", "none"])
                & (Q(kind="cancel") | Q(credit="prorated")),
                name="subscription_credit_of_cancellation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.effective_on}"


class CouponRedemption(models.Model):
    """That a customer redeemed a coupon for a subscription: a fact, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    coupon = models.ForeignKey(
        Coupon, models.PROTECT, related_name="redemptions", db_constraint=False
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="coupon_redemptions", db_constraint=False
    )
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="coupon_redemptions", db_constraint=False
    )
    change = models.OneToOneField(SubscriptionChange, models.PROTECT, related_name="redemption")
    redeemed_on = models.DateField(help_text="The seller's day on which it was redeemed.")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.coupon} on {self.redeemed_on}"
