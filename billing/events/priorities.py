"""
How urgent a failure is, and a cause with all that wait for it: 0 to 100, higher first.

Four things count: the class, the money at stake, how long it waits, and how many share the cause.
Each gives points by its order of magnitude, and the points are added: so the sum stands for the
product of the four. None of them ever makes anything less urgent.

    class   10 to 30   by the table: defects first, since nobody foresaw them
    money    3 to 30   3 for each digit of the amount in minor units; of several currencies, that of
                       the largest sum: they are not added up. Unknown: as one of four digits.
    age      0 to 20   4 for each step that is past: 1 hour, 6 hours, a day, a week, 30 days
    number   0 to 20   4 for each step that is reached: 2, 10, 100, 1,000, 10,000 events

Events stand for contracts: of one contract there seldom waits more than one.
"""

from datetime import timedelta

# A class that no one foresaw is a defect, and defects come first.
UNFORESEEN = 30
CLASS_POINTS = {
    "defect": UNFORESEEN,
    "worker_lost": UNFORESEEN,
    "message_refused": UNFORESEEN,
    "held": 25,
    "timeline_contradicts": 25,
    "price_missing": 20,
    "tax_data_missing": 20,
    "tax_not_decided": 20,
    "seller_data_missing": 20,
    "customer_data_missing": 20,
    "invoice_content_missing": 20,
    "several_vat_ids": 20,
    "format_does_not_fit": 20,
    "exchange_rate_missing": 20,
    "plan_contradicts": 20,
    "currency_unknown": 20,
    "number_series_ahead": 25,
    "usage_meter_unknown": 20,
    "usage_subscription_unknown": 20,
    "usage_subscription_not_running": 20,
    "usage_property_missing": 20,
    "usage_property_not_number": 20,
    "usage_in_future": 15,
    "document_does_not_fit": 20,
    "document_storage_away": 25,
    "template_does_not_work": 25,
    "email_given_up": 20,
    "download_given_up": 20,
    "webhook_disabled": 20,
    "webhook_given_up": 10,
    "webhook_pruned": 10,
}
MOST_OF_MONEY = 30
PER_DIGIT = 3
UNKNOWN_DIGITS = 4
PER_STEP = 4
AGES = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(weeks=1),
    timedelta(days=30),
)
NUMBERS = (2, 10, 100, 1000, 10_000)


def priority_of(
    code: str,
    money_at_stake_minor: int | None,
    *,
    age: timedelta = timedelta(0),
    number: int = 1,
) -> int:
    """Return a priority, 0 to 100: of one failure as it is opened, or of `number` with a cause."""
    money = min(MOST_OF_MONEY, PER_DIGIT * digits_of(money_at_stake_minor))
    steps = sum(age >= step for step in AGES) + sum(number >= step for step in NUMBERS)
    return CLASS_POINTS.get(code, UNFORESEEN) + money + PER_STEP * steps


def digits_of(money_minor: int | None) -> int:
    """Return the digits of an amount in minor units; of one that isn't known, four."""
    return UNKNOWN_DIGITS if money_minor is None else len(str(abs(money_minor)))
