"""What each index of the app is for: see billing/index_purposes.py, which does the same."""

PURPOSES = {
    "account_once": "Uniqueness; the accounts of a chart for a purpose.",
    "account_override_once": "Uniqueness; a seller's own accounts.",
    "invoices_accountoverride_product_id_593547d1": "A product's own accounts: its page.",
    "balance_by_customer": "A customer's movements, newest first.",
    "balance_by_seller": "Lists of a seller's movements, newest first.",
    "balance_credit_note_once": (
        "Uniqueness: a credit note is booked once; the booking of a credit note."
    ),
    "balance_expiring_lots": "The scheduler's scan: lots with something left that expire.",
    "balance_lot_applied_once": "Uniqueness: an invoice uses a lot once; what an invoice used.",
    "balance_of_lot": "What was taken from a lot: verify, the customer's page.",
    "balance_of_transaction": "The story of a transaction.",
    "balance_open_lots": "What an invoice may use: empty for customers who have no money here.",
    "billing_run_by_seller": "Lists, newest first.",
    "billing_run_once_a_day": "Uniqueness; the run of a day.",
    "billing_run_running": "The scheduler, and what watches over it: holds only what runs.",
    "billing_run_starts_alone": (
        "Uniqueness: two runs don't start at once; the run to which events of an instant belong."
    ),
    "charge_corrected_once": (
        "Uniqueness: an order takes a charge back once; what was taken back of a charge."
    ),
    "charge_of_transaction": "The story of a transaction.",
    "charge_order_line_once": "Uniqueness: an order line is charged once; the charges of an order.",
    "charge_period_charged_once": (
        "Uniqueness: a period is charged once per cause; what is charged of a subscription."
    ),
    "charge_position_once": (
        "Uniqueness; an invoice's lines, in order: its totals' check, document and page."
    ),
    "charge_waiting": "What waits to be collected: holds only that.",
    "hold_by_seller": "Uniqueness; lists of a seller's holds, newest first.",
    "hold_rule_once": "Uniqueness; a seller's rules, which each document is held against.",
    "invoices_hold_failure_id_key": "Uniqueness: a failure is one hold's; the hold of a failure.",
    "invoices_hold_event_id_c3322e32": "What was held of an event, and approved.",
    "invoices_hold_customer_id_1caab700": "A customer's holds: its page.",
    "invoices_holddecision_hold_id_key": "Uniqueness: a hold is decided once; its decision.",
    "invoices_correction_invoice_id_f9fa995c": (
        "What was ordered about an invoice: its page, and what is left to take back."
    ),
    "invoices_correction_seller_id_a7e43564": "Lists of a seller's corrections.",
    "correction_line_once": "Uniqueness; the lines of a correction.",
    "invoices_correctionline_charge_id_b043764e": (
        "What was ordered about a charge: how much is left to take back."
    ),
    "day_figure_once": "Uniqueness; what a seller's days brought: the start page.",
    "invoices_countedlog_seller_id_key": "Uniqueness; how far a seller's log is counted.",
    "invoices_countedseries_series_id_key": "Uniqueness; how far a number series is counted.",
    "debtor_number_once": "Uniqueness of a seller's debtor numbers; its greatest.",
    "invoices_debtoraccount_customer_id_key": "Uniqueness; a customer's debtor number.",
    "delivery_by_channel": "Lists of a seller's deliveries by channel, newest first.",
    "delivery_by_state": "Lists of a seller's deliveries in a state, newest first.",
    "delivery_by_type": "Lists of a seller's deliveries of a type, newest first.",
    "delivery_by_seller": (
        "Lists of a seller's deliveries, newest first; foreign keys that keep sellers apart."
    ),
    "delivery_due": (
        "The scheduler's scan: what is to be tried now: holds only what is to be tried again."
    ),
    "delivery_of_endpoint": (
        "Deliveries to a webhook endpoint, newest first: its page, whether it is to be disabled."
    ),
    "delivery_of_event": "What of an event was sent to an endpoint before: a replay.",
    "delivery_to_prune": (
        "The scheduler's scan: webhooks that ended long ago and still hold what was said."
    ),
    "delivery_of_transaction": "The story of a transaction.",
    "delivery_once": (
        "Uniqueness: a document is delivered once to an address unless someone asks again."
    ),
    "invoices_delivery_invoice_id_095e8a20": "An invoice's deliveries: its page and the API.",
    "invoices_delivery_resends_id_1c12333f": "Which deliveries repeat one: its page.",
    "delivery_attempt_number_once": "Uniqueness; a delivery's tries, in order.",
    "invoices_deliverywish_seller_id_c698ae78": "Lists of a seller's wishes.",
    "document_of_invoice_once": "Uniqueness: one file of a kind and format; an invoice's files.",
    "document_of_transaction": "The story of a transaction.",
    "document_stored_once": "Uniqueness of names in the storage; the document of a file.",
    "document_template_version_once": "Uniqueness; a seller's latest template.",
    "invoices_downloadlink_delivery_id_key": "Uniqueness; the link of a delivery.",
    "invoices_downloadlink_invoice_id_d07c2de5": "An invoice's links: its page.",
    "invoice_by_amount": "Lists of a seller's invoices by currency and amount.",
    "invoice_by_contract": "A contract's invoices, newest first: its page.",
    "invoice_by_currency": "Lists of a seller's invoices in a currency, newest first.",
    "invoice_by_customer": "A customer's invoices, newest first: its page.",
    "invoice_by_due_date": "Lists of a seller's invoices by the day on which they are due.",
    "invoice_by_issue": "Lists of a seller's invoices by their day of issue.",
    "invoice_credit_notes": "Lists of a seller's credit notes, newest first: holds no others.",
    "invoice_credit_notes_by_issue": "Lists of a seller's credit notes by their day of issue.",
    "invoice_by_seller": (
        "Foreign keys that keep sellers apart; lists of a seller's invoices, newest first."
    ),
    "invoice_correction_of": "The credit notes of an invoice: holds only those that were ordered.",
    "invoice_number_once": "Uniqueness of a seller's numbers; the invoice of a number.",
    "invoice_of_event_once": (
        "Uniqueness: an event becomes one invoice per currency; the invoices of an event."
    ),
    "invoice_of_transaction": "The story of a transaction.",
    "invoice_sequence_once": "Uniqueness in a series; the predecessor, and the chain in order.",
    "number_series_once": "Uniqueness; the series that issuing locks; a seller's series.",
    "webhook_endpoint_of_seller": (
        "Foreign keys that keep sellers apart; lists of a seller's endpoints."
    ),
    "invoices_webhooksecret_endpoint_id_25d3c460": (
        "An endpoint's secrets that are valid, by which a delivery is signed."
    ),
    "webhook_secret_current_once": "Uniqueness: an endpoint has one secret that doesn't expire.",
}
