"""How urgent a failure is: by its class, and by the money at stake."""

# A class that no one foresaw is a defect, and defects come first.
UNFORESEEN = 60
CLASS_WEIGHT = {
    "defect": UNFORESEEN,
    "worker_lost": UNFORESEEN,
    "message_refused": UNFORESEEN,
    "timeline_contradicts": 50,
    "price_missing": 40,
    "tax_data_missing": 40,
    "tax_not_decided": 40,
    "seller_data_missing": 40,
    "customer_data_missing": 40,
    "invoice_content_missing": 40,
    "several_vat_ids": 40,
    "format_does_not_fit": 40,
    "exchange_rate_missing": 40,
    "plan_contradicts": 40,
    "currency_unknown": 40,
    "number_series_ahead": 50,
    "usage_meter_unknown": 40,
    "usage_subscription_unknown": 40,
    "usage_subscription_not_running": 40,
    "usage_property_missing": 40,
    "usage_property_not_number": 40,
    "usage_in_future": 30,
    "document_does_not_fit": 40,
    "document_storage_away": 50,
    "template_does_not_work": 50,
    "email_given_up": 40,
    "download_given_up": 40,
    "webhook_disabled": 40,
    "webhook_given_up": 20,
    "webhook_pruned": 20,
}
MOST = 100


def priority_of(code: str, money_at_stake_minor: int | None) -> int:
    """
    Return a failure's priority, 0 to 100, higher first.

    The class gives the base; each digit of the amount in minor units adds 5, an unknown amount
    counts as one of four digits.
    """
    digits = 4 if money_at_stake_minor is None else len(str(abs(money_at_stake_minor)))
    return min(MOST, CLASS_WEIGHT.get(code, UNFORESEEN) + 5 * digits)
