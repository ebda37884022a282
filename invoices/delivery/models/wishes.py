"""How customers want their documents, and how a seller's e-mails look."""

from django.db import models

from billing.customers.models import Customer
from billing.sellers.models import Seller


class DeliveryWish(models.Model):
    """How a customer wants its documents; without any, by e-mail if its address is known."""

    customer = models.OneToOneField(
        Customer,
        models.PROTECT,
        primary_key=True,
        related_name="delivery_wish",
        db_constraint=False,
    )
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+")
    by_email = models.BooleanField("by e-mail", default=True)
    emails = models.JSONField(
        "e-mail addresses",
        default=list,
        blank=True,
        help_text="Where invoices go; none: to the customer's own address.",
    )

    class Meta:
        verbose_name_plural = "delivery wishes"

    def __str__(self) -> str:
        return str(self.customer)


class MailStyle(models.Model):
    """How a seller's e-mails look; what is empty is as the house has it."""

    seller = models.OneToOneField(
        Seller, models.PROTECT, primary_key=True, related_name="mail_style"
    )
    sender = models.EmailField(blank=True, help_text="Empty: the seller's own address.")
    sender_name = models.CharField(max_length=100, blank=True, help_text="Empty: its name.")
    reply_to = models.EmailField(blank=True)
    subject_de = models.CharField("subject (German)", max_length=200, blank=True)
    body_de = models.TextField("text (German)", max_length=5000, blank=True)
    subject_en = models.CharField("subject (English)", max_length=200, blank=True)
    body_en = models.TextField("text (English)", max_length=5000, blank=True)

    def __str__(self) -> str:
        return str(self.seller)
