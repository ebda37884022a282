"""A row refers to rows of its own seller only: foreign keys over (seller, id)."""

from django.db import migrations

# (table, column, table referred to); the column may be null.
REFERENCES = [
    ("invoice", "customer", "billing_customer"),
    ("invoice", "contract", "billing_contract"),
    ("charge", "customer", "billing_customer"),
    ("charge", "subscription", "billing_subscription"),
    ("charge", "price", "billing_price"),
    ("charge", "plan", "billing_plan"),
    ("charge", "tax_override", "billing_taxoverride"),
    ("balancemovement", "customer", "billing_customer"),
    ("document", "invoice", "invoices_invoice"),
    ("accountoverride", "product", "billing_product"),
    ("debtoraccount", "customer", "billing_customer"),
    ("delivery", "invoice", "invoices_invoice"),
    ("delivery", "endpoint", "invoices_webhookendpoint"),
    ("delivery", "resends", "invoices_delivery"),
    ("deliveryattempt", "delivery", "invoices_delivery"),
    ("deliverywish", "customer", "billing_customer"),
    ("downloadlink", "invoice", "invoices_invoice"),
    ("downloadlink", "delivery", "invoices_delivery"),
    ("webhooksecret", "endpoint", "invoices_webhookendpoint"),
    ("webhookendpoint", "customer", "billing_customer"),
    ("webhookendpoint", "contract", "billing_contract"),
]


def _reference(table: str, column: str, parent: str) -> str:
    return (
        f"ALTER TABLE invoices_{table} ADD CONSTRAINT {table}_{column}_of_same_seller "
        f"FOREIGN KEY (seller_id, {column}_id) REFERENCES {parent} (seller_id, id) "
        "DEFERRABLE INITIALLY DEFERRED;"
    )


FORWARD = "".join(_reference(*reference) for reference in REFERENCES)
BACKWARD = "".join(
    f"ALTER TABLE invoices_{table} DROP CONSTRAINT {table}_{column}_of_same_seller;"
    for table, column, _ in REFERENCES
)


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0003_facts_refuse_change"),
        ("billing", "0007_sellers_never_meet"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
