"""Past facts can be told to apps: the log finds them in the order of time."""

from django.db import migrations

# What apps may be told of: see invoices/delivery/queries/past.py, which asks in the same words.
# Of the log of billing it holds one row per invoice at most, that which tells of its documents.
TOLD = """
CREATE INDEX event_told ON billing_event (seller_id, occurred_at, position)
WHERE type IN (
    'balance.changed', 'balance.expired', 'billing_run.finished', 'contract.changed',
    'contract.created', 'customer.changed', 'customer.created', 'delivery.given_up',
    'delivery.sent', 'documents.rendered', 'failure.closed', 'failure.opened', 'order.placed',
    'subscription.changed', 'usage.unattributed', 'webhook_endpoint.disabled'
) OR type = 'invoice.issued' AND queue = '';
"""
UNTOLD = "DROP INDEX event_told;"


class Migration(migrations.Migration):
    dependencies = [("invoices", "0007_corrections_hold")]
    operations = [migrations.RunSQL(TOLD, UNTOLD)]
