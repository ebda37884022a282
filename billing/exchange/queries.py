"""Which rate of exchange holds on a day."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from uuid import UUID

from django.db.models import Q

from billing.exchange.models import DAY, MONTH, ExchangeRate, OwnExchangeRate
from billing.mending import Mend, Mendable
from billing.periods import add_months
from billing.pricing.conversion import Conversion, crossed
from billing.sellers.models import Seller

EURO = "EUR"
# The latest published rate holds until the next. No row of holidays is longer than this.
OLDEST = timedelta(days=10)
LONGEST_APART = timedelta(days=31)  # Two rates over the euro: of one month and the one before.
_ONE_EURO = Conversion(currency=EURO, into=EURO, rate=Decimal(1), day=date.max, source="")


class ExchangeRateMissing(Mendable):
    """No rate of exchange is known by which VAT can be stated in the seller's currency."""

    def __init__(self, problem: str, *, currency: str = "", into: str = "") -> None:
        """Say what is missing, between which currencies."""
        super().__init__(problem)
        self.mend = Mend("own_rate", part=f"{currency} {into}")


def find_conversion(seller: Seller, *, currency: str, on: date) -> Conversion | None:
    """
    Return the rate between a currency and the seller's on a day; None if none is known.

    It is the latest of that day or before, by the seller's policy of a day (within ten days) or of
    a month (that or the one before, whose average is known by then). The seller's own comes first
    among those of one day. What has no rate of its own is reckoned over the euro.
    """
    into = seller.currency
    rates = list(_rates(seller, {currency, into}, on=on))
    direct = _latest(rates, currency=currency, base=into)
    if direct:
        return direct
    of, over = (_in_euros(rates, each) for each in (currency, into))
    return crossed(of, over) if of and over else None


def require_conversion(seller: Seller, *, currency: str, on: date) -> Conversion:
    """
    Return the rate between a currency and the seller's on a day.

    :raises ExchangeRateMissing: if none is known.
    """
    found = find_conversion(seller, currency=currency, on=on)
    if found is None:
        what = f"the month {on:%Y-%m}" if _is_monthly(seller) else str(on)
        raise ExchangeRateMissing(
            f"VAT in {currency} must be stated in {seller.currency} too (2006/112/EC Art. 230), but"
            f" no rate of {currency} is known for {what}.",
            currency=currency,
            into=seller.currency,
        )
    return found


def is_recorded(seller_id: UUID, conversion: Conversion) -> bool:
    """Return whether a rate is one that was recorded, or comes of two that were."""
    day, into = conversion.day, conversion.into
    wanted = Q(
        currency__in=[conversion.currency, into],
        base__in=[into, EURO],
        day__range=(day, day + LONGEST_APART),
    )
    rates = list(_recorded(wanted, seller_id))
    of, over = (
        [rate for rate in rates if (rate.currency, rate.into) == (currency, EURO)]
        if currency != EURO
        else [_ONE_EURO]
        for currency in (conversion.currency, into)
    )
    crosses = (crossed(one, other) for one in of for other in over)
    return conversion in rates or conversion in crosses


def _rates(seller: Seller, currencies: set[str], *, on: date) -> Iterable[Conversion]:
    is_monthly = _is_monthly(seller)
    first = add_months(on.replace(day=1), -1) if is_monthly else on - OLDEST
    wanted = Q(
        currency__in=currencies,
        base__in=[seller.currency, EURO],
        period=MONTH if is_monthly else DAY,
        day__range=(first, on),
    )
    return _recorded(wanted, seller.pk)


def _recorded(wanted: Q, seller_id: UUID) -> Iterable[Conversion]:
    """Return rates that were recorded: the seller's own first, of those the latest recorded."""
    own = OwnExchangeRate.objects.filter(wanted, seller=seller_id).order_by("-id")
    rows: Iterable[ExchangeRate | OwnExchangeRate] = chain(own, ExchangeRate.objects.filter(wanted))
    return (
        Conversion(
            currency=row.currency, into=row.base, rate=row.rate, day=row.day, source=row.source
        )
        for row in rows
    )


def _latest(rates: Iterable[Conversion], *, currency: str, base: str) -> Conversion | None:
    """Return the latest rate; of several of one day the first, which is the seller's own."""
    fitting = (rate for rate in rates if (rate.currency, rate.into) == (currency, base))
    return max(fitting, key=lambda rate: rate.day, default=None)


def _in_euros(rates: Iterable[Conversion], currency: str) -> Conversion | None:
    return _ONE_EURO if currency == EURO else _latest(rates, currency=currency, base=EURO)


def _is_monthly(seller: Seller) -> bool:
    return seller.exchange_rate_policy == Seller.ExchangeRatePolicy.MONTHLY
