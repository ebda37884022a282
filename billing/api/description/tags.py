"""What the resources of the API are: the tags of its description, in the order of reading."""

TAGS = {
    "seller": "The legal entity that issues the invoices, and where it is registered for VAT.",
    "api-keys": "Keys with which apps call the API: what they may do, and until when.",
    "oauth": "Short-lived tokens for apps that don't want to send their key each time.",
    "customers": "Who pays: address, taxes, how invoices reach them, and their balance.",
    "balance-movements": "What came into customers' balances and went out, of all of them.",
    "products": "What is sold.",
    "plans": "What is subscribed to: an interval, and prices with it.",
    "prices": "What a plan's or a product's unit costs. A new price is another row.",
    "meters": "What is measured, and how records become a quantity.",
    "coupons": "Discounts that are redeemed with a code.",
    "contracts": "What was agreed with a customer: term, notice, payment, currency.",
    "subscriptions": "What runs under a contract, and how it changed.",
    "usage": "Metered facts: recorded once per key, billed with their period or when they come.",
    "orders": "Single purchases, invoiced at once.",
    "invoices": "Issued documents, never changed: invoices, credit notes, their files and links.",
    "credit-notes": "What was taken back of invoices.",
    "charges": "The lines of invoices.",
    "corrections": "Orders to take an invoice back, wholly or in part, and what became of them.",
    "waiting-charges": "What is charged already and waits for its invoice.",
    "billing-runs": "What a day made due, and how far its billing got.",
    "events": "The log: what happened, in the order of recording, and whether it was handled.",
    "transactions": "All that came of one fact: its whole story under one id.",
    "failures": "What could not be billed, why, and what to do about it.",
    "failure-causes": "What failures have in common: mended once, and all of them heal.",
    "deliveries": "What was sent to customers and apps, and each try.",
    "download-links": "Addresses at which someone without a key fetches an invoice's documents.",
    "mail-style": "How the seller's e-mails look.",
    "webhook-endpoints": "Addresses of apps that are told of events.",
    "webhook-event-types": "What apps can be told of.",
    "tax-overrides": "The seller's own decisions on VAT, with their reasons.",
    "exchange-rates": "The seller's own rates, for VAT in another currency.",
    "exports": "Files for the tax adviser.",
    "simulations": "What a price plan would charge, tried out; nothing is stored.",
    "test-clock": "The day of a seller in test mode: it passes when told.",
}


def described(names: set[str]) -> list[dict[str, str]]:
    """Return the tags of such names in the order of reading; those without a word here last."""
    known = [{"name": name, "description": told} for name, told in TAGS.items() if name in names]
    return known + [{"name": name} for name in sorted(names - TAGS.keys())]
