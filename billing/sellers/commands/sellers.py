"""Writes about sellers: their details, registrations and test clock."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from billing.pricing.refused import Refused
from billing.pricing.tax_area import tax_country
from billing.pricing.vat_ids import VatIdInvalid, valid_vat_id
from billing.sellers.models import Seller, SellerRegistration, TestClock
from billing.sellers.queries import local_date

# What its own apps may change of a seller: what is printed beside its legal name, and no account.
CHANGEABLE = frozenset(
    {
        "trading_name", "contact_name", "phone", "email", "register_number", "legal_information",
        "electronic_address", "electronic_address_scheme",
    }
)  # fmt: skip


class DetailsIncomplete(Refused):
    """Details of a seller that belong together aren't all there."""


class RegistrationRefused(Refused):
    """A seller can't be registered for VAT so; the text says why."""


class RegistrationEndedAlready(Exception):
    """The last day of a registration is set once."""


class TestClockRefused(Refused):
    """The test clock can't be set or advanced so; the text says why."""

    __test__ = False


@transaction.atomic
def change_seller(*, seller_id: UUID, details: Mapping[str, str]) -> Seller:
    """
    Change what documents say of a seller from now on; issued ones stay.

    :raises DetailsIncomplete: if an electronic address lacks its scheme, or a scheme its address.
    """
    seller = Seller.objects.select_for_update().get(pk=seller_id)
    changed = CHANGEABLE & details.keys()
    for name in changed:
        setattr(seller, name, details[name])
    if seller.electronic_address and not seller.electronic_address_scheme:
        problem = "An electronic address needs its scheme: give it."
        raise DetailsIncomplete(problem, field="electronic_address_scheme")
    if seller.electronic_address_scheme and not seller.electronic_address:
        problem = "This scheme is of no electronic address: give that too."
        raise DetailsIncomplete(problem, field="electronic_address")
    seller.save(update_fields=changed)
    return seller


def register_seller(
    *,
    seller: Seller,
    country: str,
    vat_id: str,
    valid_from: date,
    valid_until: date | None = None,
    at: datetime,
) -> SellerRegistration:
    """
    Record that a seller is registered for VAT in another country than its own.

    :raises RegistrationRefused: if it is its own, or the VAT id can't be one of the country.
    """
    if tax_country(country) == tax_country(seller.country):
        problem = f"{country} is where the seller is at home: its VAT id stands with the seller."
        raise RegistrationRefused(problem, field="country")
    if valid_until and valid_until <= valid_from:
        raise RegistrationRefused("It must lie after valid_from.", field="valid_until")
    try:
        compact = valid_vat_id(vat_id, country=country)
    except VatIdInvalid as invalid:
        raise RegistrationRefused(str(invalid), field="vat_id") from invalid
    return SellerRegistration.objects.create(
        seller=seller,
        country=country,
        vat_id=compact,
        valid_from=valid_from,
        valid_until=valid_until,
        created_at=at,
    )


@transaction.atomic
def end_registration(*, registration_id: UUID, valid_until: date) -> SellerRegistration:
    """
    End a registration: `valid_until` is the first day of supply no longer under it.

    :raises RegistrationRefused: if that day doesn't come after its first.
    :raises RegistrationEndedAlready: if it has an end.
    """
    registration = SellerRegistration.objects.select_for_update().get(pk=registration_id)
    if registration.valid_until:
        raise RegistrationEndedAlready(
            f"The registration ends on {registration.valid_until} already."
        )
    if valid_until <= registration.valid_from:
        problem = f"It began on {registration.valid_from}: end it on a later day."
        raise RegistrationRefused(problem, field="valid_until")
    registration.valid_until = valid_until
    registration.save(update_fields=["valid_until"])
    return registration


@transaction.atomic
def advance_test_clock(
    *, seller: Seller, to: date, at: datetime, hold_due: bool = False
) -> TestClock:
    """
    Order a seller's test clock to go to a day; the scheduler takes it there, day by due day.

    A seller without a test clock gets one that stands on its present day first. With `hold_due` it
    stops at the first moment of the day: facts of the day can be stated before what is due that
    day is billed, which waits until the clock is told to go on, be it to the same day.

    :raises TestClockRefused: if the seller is not in test mode, the day lies before the clock's,
        or it is already on its way to an earlier day that hasn't been reached.
    """
    if not seller.is_test:
        raise TestClockRefused("Only a seller in test mode has a test clock.")
    TestClock.objects.get_or_create(
        seller=seller, defaults={"today": local_date(seller, at=at), "target_date": None}
    )
    clock = TestClock.objects.select_for_update().get(seller=seller)
    if to < clock.today:
        problem = f"The test clock stands on {clock.today} and can't go back to {to}"
        raise TestClockRefused(f"{problem}: name that day or a later one.", field="to")
    if clock.target_date and to < clock.target_date:
        raise TestClockRefused(
            f"The test clock is on its way to {clock.target_date}: wait, or name a day from it on.",
            field="to",
        )
    clock.target_date = to
    clock.held_date = to if hold_due else None
    # A day that is held stays so until its facts are handled; going on, the clock releases it.
    clock.is_held = clock.is_held or clock.held_date == clock.today
    clock.save(update_fields=["target_date", "held_date", "is_held"])
    return clock
