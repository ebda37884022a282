"""
Who of the staff may do what: the groups that `manage.py make_roles` keeps.

A name is a permission, `*` stands for any, and `-` takes away what names before it give. All of it
holds for the user's sellers alone. Users, groups and memberships are the superusers'.
"""

# What isn't for daily work: keys and secrets, and what colleagues did.
_UNSEEN_BY_CLERKS = ["-*_apikey", "-*_webhookendpoint", "-*_webhooksecret", "-*_staffaction"]

STAFF_ROLES = {
    "clerk": [
        "billing.view_*", "invoices.view_*", *_UNSEEN_BY_CLERKS,
        "billing.add_customer", "billing.change_customer",
        "billing.add_contract", "billing.change_contract",
        "billing.add_subscription", "billing.add_subscriptionchange",
        "billing.add_order", "billing.add_orderline",
        "billing.change_failure",  # To retry.
        "invoices.add_deliverywish", "invoices.change_deliverywish",
        "invoices.add_delivery",  # To send once more.
        "invoices.change_downloadlink",  # To revoke.
    ],
    # No new API keys: who approves what is held could place the order by one of their own.
    "manager": [
        "billing.*", "invoices.*", "-*_membership", "-billing.audit_installation",
        "-billing.add_apikey",
    ],
    "auditor": ["billing.view_*", "invoices.view_*", "billing.read_api"],
    "support": [
        "billing.view_customer", "billing.view_contract", "billing.view_subscription",
        "billing.view_order", "billing.view_orderline", "billing.view_event",
        "invoices.view_invoice", "invoices.view_charge",
        "invoices.view_document", "invoices.view_delivery",
        "invoices.view_deliverywish", "invoices.view_downloadlink",
        "invoices.add_delivery",  # To send once more.
    ],
    "developer": [
        "billing.view_seller", "billing.read_api",
        "billing.view_apikey", "billing.add_apikey", "billing.change_apikey",
        "invoices.view_webhookendpoint", "invoices.add_webhookendpoint",
        "invoices.change_webhookendpoint",
        "billing.view_event", "invoices.view_delivery",
    ],
}  # fmt: skip
