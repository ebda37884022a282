"""Changing how a seller's documents look: each change is a new version."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from billing.sellers.models import Seller
from invoices.documents.models import DocumentTemplate
from invoices.documents.queries.previewed import check_template
from invoices.documents.queries.templates import latest_template


@transaction.atomic
def add_template(
    *, seller: Seller, details: Mapping[str, object], at: datetime
) -> DocumentTemplate:
    """
    Record the next version of a seller's template; documents are made with it from now on.

    `details` are values of its columns.

    :raises TemplateDoesNotWork: if something of it can't be printed; the text says what to change.
    :raises LogoDoesNotWork: if its logo can't.
    """
    Seller.objects.select_for_update(no_key=True).get(pk=seller.pk)
    latest = latest_template(seller)
    row = DocumentTemplate(
        seller=seller, version=latest.version + 1 if latest else 1, created_at=at, **details
    )
    check_template(row)
    row.save(force_insert=True)
    return row
