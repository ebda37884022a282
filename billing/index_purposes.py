"""
What each index is for: the query that it serves, or what its uniqueness refuses.

A migration writes it into the database as the index's comment (`\\di+` shows it). A primary key
finds a row by its id, for queries and foreign keys: only what differs from that is listed.
"""

from collections.abc import Mapping

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PURPOSES = {
    "billing_apikey_prefix_key": (
        "Uniqueness of prefixes; authentication finds the key that a request names."
    ),
    "billing_apikey_prefix_eb343de8_like": (
        "Made by Django with a unique text, for LIKE: no query asks so, few rows."
    ),
    "event_stated_by_staff": "Who caused what is held for approval: few rows.",
    "event_told": "Past facts that apps may be told of, in the order of time: a replay.",
    "billing_apikey_replaces_id_key": (
        "Uniqueness: a key is rotated once; the key that came in one's place."
    ),
    "billing_apikey_seller_id_2401ef56": "A seller's keys in the admin and the API.",
    "event_handled_once_per_task": (
        "Uniqueness: a task succeeds once for an event. All tries of an event: its story, verify."
    ),
    "attempt_archive_once": "Uniqueness: a stretch of the log is archived once; where it ends.",
    "bulk_message_sent": "take_unsent: how much of a seller is on its way.",
    "bulk_message_unsent": "take_unsent: which sellers have something to send, a seller's next.",
    "contract_by_customer": (
        "A customer's contracts, newest first: its page, what may be due once it changes."
    ),
    "contract_due": (
        "The scheduler's scan, chunk by chunk: its cost is the number of contracts due."
    ),
    "contract_external_id_once": (
        "Uniqueness of callers' ids; a contract by its external id, and lists of a seller."
    ),
    "contract_of_seller": (
        "Foreign keys that keep sellers apart; lists of a seller's contracts, newest first."
    ),
    "coupon_code_once": "Uniqueness of codes; the coupon that a customer names.",
    "coupon_of_seller": "Foreign keys that keep sellers apart; lists of a seller's coupons.",
    "billing_couponredemption_change_id_key": (
        "Uniqueness: one redemption per change; the redemption of a discount."
    ),
    "billing_couponredemption_coupon_id_efb045fa": (
        "How often a coupon was redeemed, before it is redeemed again."
    ),
    "billing_couponredemption_customer_id_83c7efcc": (
        "Whether a customer has redeemed a coupon; the customer's page."
    ),
    "billing_couponredemption_subscription_id_e5036096": (
        "A subscription's coupons: its page and its preview."
    ),
    "customer_by_creation": "Lists of a seller's customers by when they were recorded.",
    "customer_by_name": "The admin's searches: any part of a customer's name.",
    "customer_by_email": "Lists of a seller's customers by their address.",
    "customer_external_id_once": (
        "Uniqueness of callers' ids; a customer by its external id, also by imports."
    ),
    "customer_left_over": (
        "The scheduler's scan of customers that are collected no more: holds only what is "
        "left over."
    ),
    "customer_of_seller": (
        "Foreign keys that keep sellers apart; lists of a seller's customers, newest first."
    ),
    "customer_to_collect": (
        "The scheduler's scan, chunk by chunk: its cost is the number of customers due."
    ),
    "event_bulk_to_send": "sweep_lost: those of the bulk's queue that no message of a bulk names.",
    "event_by_state": "Lists of a seller's events that failed or were written off, newest first.",
    "event_by_type": (
        "Lists of a seller's events of a type, newest first, but of the common ones."
    ),
    "event_by_seller": (
        "Lists of a seller's events, newest first; the archive of tries, oldest first."
    ),
    "event_of_transaction": "The story of a transaction.",
    "event_once": "Uniqueness: a fact is told once. The event of a fact by its key.",
    "event_to_send": "The relay's sweep: what is to be sent now, but for the bulk.",
    "event_unsettled": (
        "How far a billing run got, and whether a seller's events wait: holds what isn't settled."
    ),
    "event_waiting_in_stream": "bill(): what of a stream waits, in order: holds only what waits.",
    "event_waiting_since": (
        "refuse_if_too_busy: since when the longest waiting facts wait, and whose they are."
    ),
    "exchange_rate_published_once": (
        "Uniqueness of published rates; the latest rate of a currency on a day."
    ),
    "billing_failure_event_id_1b94c314": (
        "All failures of an event: its story; what a success resolves."
    ),
    "failure_by_seller": "Lists of a seller's failures, newest first, closed ones too.",
    "failure_by_state": "Lists of a seller's failures in a state, newest first.",
    "failure_inbox": "A seller's open failures, most urgent first.",
    "failure_inbox_of_all": "Open failures of all sellers, most urgent first.",
    "failure_of_cause": "All failures of a cause, newest first.",
    "failure_open_of_cause": (
        "The inbox: how many wait for a cause, how much money in each currency, since when."
    ),
    "failure_cause_once": "Uniqueness: the cause of a failure, by what it has in common.",
    "failure_cause_probed": "The scheduler: what became of the probes that are under way.",
    "failure_cause_to_mend": "expect_healing: what a row that was recorded may have mended.",
    "failure_cause_to_probe": (
        "The scheduler's scan: its cost is the number of causes that are due."
    ),
    "failurecause_of_seller": (
        "Foreign keys that keep sellers apart; lists of a seller's causes, newest first."
    ),
    "failure_note_of_cause": "The story of a cause, oldest first; who is to mend it.",
    "failure_note_of_failure": "What was said about one failure.",
    "failure_open_once": "Uniqueness: one open failure of an event; whether an event has one.",
    "idempotent_request_age": "forget_old_requests: answers that are no longer given.",
    "idempotency_key_once": "Uniqueness of Idempotency-Keys; the answer that was given before.",
    "billing_lease_name_33f8741c_like": (
        "Made by Django with a key of text, for LIKE: no query asks so, few rows."
    ),
    "billing_membership_user_id_bcd9f89b": (
        "The sellers for whom a user works: each page of the admin."
    ),
    "membership_once": "Uniqueness; who works for a seller.",
    "meter_code_once": "Uniqueness of codes; the meter that a usage record names.",
    "meter_of_seller": "Foreign keys that keep sellers apart; lists of a seller's meters.",
    "order_by_customer": "A customer's orders, newest first: its page.",
    "order_by_day": "Lists of a seller's orders by their day.",
    "order_by_seller": "Lists of a seller's orders, newest first.",
    "order_external_id_once": "Uniqueness of callers' ids; the order that an import names again.",
    "order_line_position_once": "Uniqueness; the lines of an order, in order.",
    "own_exchange_rate_by_day": "A seller's latest own rate of a currency on a day.",
    "billing_plan_product_id_d508c815": "A product's plans: its page and the API.",
    "plan_code_once": "Uniqueness of codes; the plan that a caller names.",
    "plan_of_seller": "Foreign keys that keep sellers apart; lists of a seller's plans.",
    "billing_price_meter_id_96e8589a": "The prices of a meter: whether one would be charged by it.",
    "billing_price_plan_id_621bd31c": "A plan's prices: read with each timeline.",
    "billing_price_product_id_54ce8743": (
        "A product's prices: of order lines without a price of their own."
    ),
    "price_code_of_one_kind": "Refuses versions of a price of different kinds.",
    "price_code_on_sale_once": "Refuses two versions of a price on sale on the same day.",
    "price_of_product_on_sale_once": "Refuses two prices of a product on the same day.",
    "price_of_seller": "Foreign keys that keep sellers apart.",
    "product_code_once": "Uniqueness of codes; the product that a caller names.",
    "product_of_seller": "Foreign keys that keep sellers apart; lists of a seller's products.",
    "billing_sellerregistration_seller_id_0a0621dd": (
        "A seller's registrations: read with each tax decision."
    ),
    "seller_registered_once_a_day": "Refuses two registrations in a country on the same day.",
    "staff_action_by_object": "What staff did with a row: its history.",
    "staff_action_by_seller": "Lists of a seller's staff actions, newest first.",
    "staff_action_by_time": "The list's days; exports of a range.",
    "staff_action_by_who": "What somebody did, newest first.",
    "subscription_by_contract": (
        "A contract's subscriptions, newest first: read with each billing."
    ),
    "subscription_by_creation": "Lists of a seller's subscriptions by when they were recorded.",
    "subscription_external_id_once": (
        "Uniqueness of callers' ids; the subscription that a usage record names."
    ),
    "subscription_of_seller": (
        "Foreign keys that keep sellers apart; lists of a seller's subscriptions."
    ),
    "subscription_change_in_order": (
        "Uniqueness of positions; a subscription's changes, in order, from a position on."
    ),
    "subscription_starts_once": "Uniqueness: a subscription starts once.",
    "billing_taxoverride_customer_id_f35be0a7": "A customer's overrides: its page.",
    "billing_taxoverride_product_id_0407464a": "A product's overrides: its page.",
    "tax_override_once_a_day": (
        "Refuses two overrides for the same supplies on the same day; a seller's overrides."
    ),
    "taxoverride_of_seller": "Foreign keys that keep sellers apart; lists of a seller's overrides.",
    "tax_rate_once_a_day": "Refuses two rates of a class on the same day; the rates of a country.",
    "unattributed_record_once": "Uniqueness; the record that waits under a key that is sent again.",
    "unattributed_waiting": "The replay: what of an event still waits.",
    "billing_unattributedusage_event_id_5fe13bdd": (
        "What an event's failure is about: its reason and remedy."
    ),
    "unattributed_usage_told_once": (
        "Uniqueness: a reason is told once; what waits for a meter or subscription."
    ),
    "usage_bucket_once": "Uniqueness; the buckets of a subscription's meter between two days.",
    "billing_usagerecord_pkey": (
        "Uniqueness; the records of a subscription's meter between two instants."
    ),
    "billing_usagekey_pkey": "Uniqueness: a meter takes a key once; what was sent under a key.",
    "billing_usagedistinct_pkey": "Uniqueness: each value of a bucket counts once.",
    "usage_conflict_kept_once": "Uniqueness: the same other payload of a key is kept once.",
    "vat_id_check_by_customer": (
        "A customer's latest check: each tax decision of one whose VAT id must be confirmed."
    ),
    "vat_id_check_due": "The scheduler's scan: its cost is the number of those that are due.",
}

PRIMARY_KEY = "Identity: a row by its id; foreign keys that name it."


def comment_on_indexes(
    schema_editor: BaseDatabaseSchemaEditor, *, app: str, purposes: Mapping[str, str]
) -> None:
    """Write into the database what the indexes of an app's tables are for."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, x.indisprimary FROM pg_index x"
            " JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid"
            " WHERE t.relnamespace = 'public'::regnamespace AND t.relname LIKE %s"
            " AND NOT t.relispartition",
            [rf"{app}\_%"],
        )
        for name, is_primary in cursor.fetchall():
            purpose = purposes.get(name, PRIMARY_KEY if is_primary else None)
            if purpose is not None:
                cursor.execute(f'COMMENT ON INDEX "{name}" IS %s', [purpose])
