"""Writes of how customers want their documents, and of how a seller's e-mails look."""

from collections.abc import Mapping

from django.db import transaction

from billing.customers.models import Customer
from billing.sellers.models import Seller
from invoices.delivery.models import DeliveryWish, MailStyle
from invoices.delivery.queries.texts import check_text

TEXTS = ("subject_de", "body_de", "subject_en", "body_en")


@transaction.atomic
def set_wish(*, customer: Customer, details: Mapping[str, object]) -> DeliveryWish:
    """Record how a customer wants its documents from now on; `details` are columns."""
    # What a conditional change holds while it looks: the wish itself may not be there yet.
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    wish, _ = DeliveryWish.objects.update_or_create(
        customer=customer, defaults={"seller_id": customer.seller_id, **details}
    )
    return wish


@transaction.atomic
def set_mail_style(*, seller: Seller, details: Mapping[str, object]) -> MailStyle:
    """
    Change how a seller's e-mails look; `details` are columns.

    :raises TextRefused: if a text holds a placeholder that can't be filled.
    """
    for name in TEXTS:
        check_text(name, str(details.get(name, "")))
    Seller.objects.select_for_update(no_key=True).get(pk=seller.pk)  # As with a wish.
    style, _ = MailStyle.objects.update_or_create(seller=seller, defaults=dict(details))
    return style
