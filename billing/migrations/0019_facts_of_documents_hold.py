"""
New columns of facts are frozen like the others; overrides, registrations and checks are facts.

A contract's references are the customer's, who may give others later: invoices freeze copies.
"""

from django.db import migrations

# table, prefix of its triggers, columns that may change
THAWED = [
    ("billing_price", "price", "{valid_until}"),
    ("billing_product", "product", "{name,description}"),
    (
        "billing_contract",
        "contract",
        "{next_billing_date,billed_date,billed_position,purchase_order,project_reference}",
    ),
    ("billing_order", "order", "{}"),
    ("billing_orderline", "order_line", "{}"),
]
NEW = [
    ("billing_sellerregistration", "seller_registration", "{valid_until}"),
    ("billing_taxoverride", "tax_override", "{valid_until,ended_at}"),
    ("billing_vatidcheck", "vat_id_check", "{next_check_at}"),
]
# (table, column, table referred to); the column may be null.
REFERENCES = [
    ("taxoverride", "customer", "customer"),
    ("taxoverride", "product", "product"),
    ("vatidcheck", "customer", "customer"),
]
ENDS_ONCE = """
CREATE TRIGGER seller_registration_ends_once
BEFORE UPDATE OF valid_until ON billing_sellerregistration FOR EACH ROW
WHEN (OLD.valid_until IS NOT NULL) EXECUTE FUNCTION anlass_refuse();
CREATE TRIGGER tax_override_ends_once
BEFORE UPDATE OF valid_until, ended_at ON billing_taxoverride FOR EACH ROW
WHEN (OLD.valid_until IS NOT NULL OR NEW.valid_until IS NULL OR NEW.ended_at IS NULL)
EXECUTE FUNCTION anlass_refuse();
ALTER TABLE billing_taxoverride ADD CONSTRAINT taxoverride_of_seller UNIQUE (seller_id, id);
"""
ENDS_ANYHOW = """
ALTER TABLE billing_taxoverride DROP CONSTRAINT taxoverride_of_seller;
DROP TRIGGER tax_override_ends_once ON billing_taxoverride;
DROP TRIGGER seller_registration_ends_once ON billing_sellerregistration;
"""


def _thaw(table, prefix):
    return "".join(
        f'DROP TRIGGER "{prefix}_never_{what}" ON {table};'
        for what in ("changes", "deleted", "truncated")
    )


def _freeze(table, prefix, free):
    return f"SELECT anlass_make_facts('{table}', '{prefix}', '{free}');"


def _reference(table, column, parent):
    return (
        f"ALTER TABLE billing_{table} ADD CONSTRAINT {table}_{column}_of_same_seller "
        f"FOREIGN KEY (seller_id, {column}_id) REFERENCES billing_{parent} (seller_id, id) "
        "DEFERRABLE INITIALLY DEFERRED;"
    )


FORWARD = "".join(
    [_thaw(table, prefix) + _freeze(table, prefix, free) for table, prefix, free in THAWED]
    + [_freeze(*new) for new in NEW]
    + [ENDS_ONCE]
    + [_reference(*reference) for reference in REFERENCES]
)
BACKWARD = "".join(
    [
        f"ALTER TABLE billing_{table} DROP CONSTRAINT {table}_{column}_of_same_seller;"
        for table, column, _ in REFERENCES
    ]
    + [ENDS_ANYHOW]
    + [_thaw(table, prefix) for table, prefix, _ in NEW]
    + [_thaw(table, prefix) for table, prefix, _ in THAWED]  # 0018 freezes them again.
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0018_facts_of_documents")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
