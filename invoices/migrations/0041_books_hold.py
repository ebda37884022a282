"""Overrides end but don't change, a customer's account is numbered once; sellers never meet."""

from django.db import migrations

FORWARD = """
SELECT anlass_make_facts('invoices_accountoverride', 'account_override', '{valid_until}');
CREATE TRIGGER account_override_ends_once
BEFORE UPDATE OF valid_until ON invoices_accountoverride FOR EACH ROW
WHEN (OLD.valid_until IS NOT NULL) EXECUTE FUNCTION anlass_refuse();
SELECT anlass_make_facts('invoices_account', 'account', '{valid_until}');
SELECT anlass_make_facts('invoices_debtoraccount', 'debtor_account', '{}');

ALTER TABLE invoices_accountoverride
    ADD CONSTRAINT accountoverride_product_of_same_seller FOREIGN KEY (seller_id, product_id)
        REFERENCES billing_product (seller_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE invoices_debtoraccount
    ADD CONSTRAINT debtoraccount_customer_of_same_seller FOREIGN KEY (seller_id, customer_id)
        REFERENCES billing_customer (seller_id, id) DEFERRABLE INITIALLY DEFERRED;
"""

BACKWARD = """
ALTER TABLE invoices_debtoraccount DROP CONSTRAINT debtoraccount_customer_of_same_seller;
ALTER TABLE invoices_accountoverride DROP CONSTRAINT accountoverride_product_of_same_seller;
DROP TRIGGER account_override_ends_once ON invoices_accountoverride;
""" + "".join(
    f"DROP TRIGGER {prefix}_never_{what} ON {table};"
    for table, prefix in (
        ("invoices_accountoverride", "account_override"),
        ("invoices_account", "account"),
        ("invoices_debtoraccount", "debtor_account"),
    )
    for what in ("changes", "deleted", "truncated")
)


class Migration(migrations.Migration):
    dependencies = [("invoices", "0040_books")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
