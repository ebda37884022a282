"""Addresses of download links: signed, so that none can be guessed."""

from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from invoices.delivery.models import DownloadLink

_SALT = "invoices.delivery.download"


class LinkUnknown(Exception):
    """There is no such download link."""


def path_of(link: DownloadLink) -> str:
    """Return the path of a link's page."""
    return reverse("download-page", args=[_signer().sign(link.pk.hex)])


def url_of(link: DownloadLink) -> str:
    """Return the address of a link's page, as it stands in e-mails."""
    return f"{settings.PUBLIC_URL}{path_of(link)}"


def link_id(token: str) -> UUID:
    """
    Return the id of the link whose address holds a token.

    :raises LinkUnknown: if the token was not made here.
    """
    try:
        return UUID(_signer().unsign(token))
    except (BadSignature, ValueError) as unknown:
        raise LinkUnknown from unknown


def _signer() -> Signer:
    return Signer(salt=_SALT, sep=".")
