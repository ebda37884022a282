"""Writes of links by which documents are fetched without a login."""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from invoices.delivery.models import DownloadLink
from invoices.issuing.models import Invoice


def make_link(*, invoice: Invoice, expires_at: datetime, at: datetime) -> DownloadLink:
    """Make a link to an invoice's documents."""
    return DownloadLink.objects.create(
        seller_id=invoice.seller_id, invoice=invoice, created_at=at, expires_at=expires_at
    )


def revoke_link(*, link_id: UUID, at: datetime) -> None:
    """End a link at once; doing it again changes nothing."""
    DownloadLink.objects.filter(pk=link_id, revoked_at__isnull=True).update(revoked_at=at)


def fetch_by_link(*, link_id: UUID, at: datetime) -> None:
    """Count a download by a link."""
    DownloadLink.objects.filter(pk=link_id).update(
        downloads=F("downloads") + 1, latest_download_at=at
    )
