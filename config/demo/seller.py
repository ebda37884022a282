"""A seller, a login and an API key to look around with."""

from datetime import date, datetime

from django.contrib.auth.models import User
from django.db import transaction

from billing.sellers.commands import create_api_key, hash_of_key
from billing.sellers.models import ApiKey, Membership, Seller, TestClock

DEMO_SELLER = "Anlass Demo GmbH"
DEMO_USER = "demo"


def make_seller(
    *, name: str, at: datetime, clock: date | None = None, makes_documents: bool = True
) -> Seller:
    """Make a German seller in test mode; with `clock`, its test clock stands on that day."""
    seller = Seller.objects.create(
        name=name,
        street="Torstraße 1",
        postcode="10119",
        city="Berlin",
        country="DE",
        email="rechnung@example.com",
        contact_name="Erika Beispiel",
        phone="+49 30 1234567",
        vat_id="DE136695976",
        tax_number="",
        iban="DE02120300000000202051",
        bic="BYLADEM1001",
        timezone="Europe/Berlin",
        currency="EUR",
        locale="de",
        payment_days=14,
        invoice_number_format="R{year}-{sequence:06d}",
        credit_note_number_format="G{year}-{sequence:06d}",
        makes_documents=makes_documents,
        is_test=True,
        created_at=at,
    )
    if clock:
        TestClock.objects.create(seller=seller, today=clock)
    return seller


@transaction.atomic
def look_around(*, password: str, key: str, at: datetime) -> None:
    """
    Make the demo seller, its login and its API key, unless they are there.

    The login's password and the key are set to those given, so that they can be shown again.
    """
    seller = Seller.objects.filter(name=DEMO_SELLER).first() or make_seller(name=DEMO_SELLER, at=at)
    user, _ = User.objects.get_or_create(
        username=DEMO_USER, defaults={"is_staff": True, "is_superuser": True}
    )
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    Membership.objects.get_or_create(user=user, seller=seller)
    if not ApiKey.objects.filter(secret_hash=hash_of_key(key)).exists():
        create_api_key(seller=seller, name="Demo", at=at, key=key)
