"""
What is sent is a fact; how far it got changes until it is sent. A try is completed once.

What belongs to a delivery is of the delivery's seller.
"""

from django.db import migrations

# (table, columns of the reference, table referred to)
REFERENCES = [
    ("delivery", "invoice_id", "invoices_invoice"),
    ("delivery", "endpoint_id", "invoices_webhookendpoint"),
    ("delivery", "resends_id", "invoices_delivery"),
    ("deliveryattempt", "delivery_id", "invoices_delivery"),
    ("downloadlink", "invoice_id", "invoices_invoice"),
    ("downloadlink", "delivery_id", "invoices_delivery"),
    ("webhooksecret", "endpoint_id", "invoices_webhookendpoint"),
    ("deliverywish", "customer_id", "billing_customer"),
]


def _name(table: str, column: str) -> str:
    return f"{table}_{column.removesuffix('_id')}_of_same_seller"


REFER = "".join(
    f"ALTER TABLE invoices_{table} ADD CONSTRAINT {_name(table, column)}"
    f" FOREIGN KEY (seller_id, {column}) REFERENCES {parent} (seller_id, id)"
    " DEFERRABLE INITIALLY DEFERRED;\n"
    for table, column, parent in REFERENCES
)
FACTS = """
SELECT anlass_make_facts('invoices_delivery', 'delivery',
    '{state,tries,earlier_tries,next_try_at,held_until,settled_at}');
CREATE TRIGGER delivery_sent_for_good BEFORE UPDATE OF state, settled_at ON invoices_delivery
FOR EACH ROW WHEN (OLD.state IN ('sent', 'withheld')) EXECUTE FUNCTION anlass_refuse();

SELECT anlass_make_facts('invoices_deliveryattempt', 'delivery_attempt',
    '{ended_at,outcome,status,answer}');
CREATE TRIGGER delivery_attempt_ends_once
BEFORE UPDATE OF ended_at, outcome, status, answer ON invoices_deliveryattempt
FOR EACH ROW WHEN (OLD.outcome <> 'unknown') EXECUTE FUNCTION anlass_refuse();

SELECT anlass_make_facts('invoices_downloadlink', 'download_link',
    '{revoked_at,downloads,latest_download_at}');
CREATE TRIGGER download_link_revoked_for_good BEFORE UPDATE OF revoked_at ON invoices_downloadlink
FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL) EXECUTE FUNCTION anlass_refuse();

SELECT anlass_make_facts('invoices_webhooksecret', 'webhook_secret', '{expires_at}');
SELECT anlass_make_facts('invoices_webhookendpoint', 'webhook_endpoint',
    '{url,description,event_types,state,failing_since,disabled_at,disabled_reason}');
CREATE TRIGGER webhook_endpoint_deleted_for_good
BEFORE UPDATE OF state ON invoices_webhookendpoint
FOR EACH ROW WHEN (OLD.state = 'deleted' AND NEW.state <> 'deleted')
EXECUTE FUNCTION anlass_refuse();
"""
TABLES = ("delivery", "deliveryattempt", "downloadlink", "webhooksecret", "webhookendpoint")
UNDO = (
    """
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT tgname, tgrelid::regclass AS tab FROM pg_trigger
             WHERE tgfoid = 'anlass_refuse'::regproc AND NOT tgisinternal
               AND tgrelid::regclass::text IN (%s)
    LOOP
        EXECUTE format('DROP TRIGGER %%I ON %%s', t.tgname, t.tab);
    END LOOP;
END $$;
"""
    % ", ".join(f"'invoices_{table}'" for table in TABLES)
    + "".join(
        f"ALTER TABLE invoices_{table} DROP CONSTRAINT {_name(table, column)};\n"
        for table, column, _ in REFERENCES
    )
)


class Migration(migrations.Migration):
    dependencies = [("invoices", "0014_deliveries")]
    operations = [migrations.RunSQL(FACTS + REFER, UNDO)]
