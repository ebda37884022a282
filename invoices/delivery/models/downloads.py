"""Links by which documents are fetched without a login."""

from django.db import models
from django.db.models import F, Q

from billing.ids import new_id
from billing.sellers.models import Seller
from invoices.delivery.models.deliveries import Delivery
from invoices.issuing.models import Invoice


class DownloadLink(models.Model):
    """
    Who has its address can fetch an invoice's documents until it expires or is revoked.

    The address holds a signature that can't be guessed, and isn't kept here.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+", db_index=False)
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, related_name="download_links", db_constraint=False
    )
    delivery = models.OneToOneField(
        Delivery, models.PROTECT, null=True, related_name="download_link", db_constraint=False
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    downloads = models.PositiveIntegerField(default=0)
    latest_download_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="download_link_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return f"link until {self.expires_at:%Y-%m-%d}"
