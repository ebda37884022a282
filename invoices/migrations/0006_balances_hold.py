"""
A lot keeps what is left of it: by each movement that takes from it, and by nothing else.

What an invoice has frozen as prepaid is what was applied to it. Both are checked when the invoice
is written; later nothing can be applied to it.
"""

from django.db import migrations

THERE = """
ALTER TABLE invoices_balancemovement
    ADD CONSTRAINT balancemovement_lot_is_there FOREIGN KEY (lot_id)
        REFERENCES invoices_balancemovement (id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT balancemovement_invoice_is_there FOREIGN KEY (invoice_id)
        REFERENCES invoices_invoice (id) DEFERRABLE INITIALLY DEFERRED;
"""

LOTS = """
CREATE FUNCTION anlass_take_from_lot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE invoices_balancemovement SET rest_minor = rest_minor + NEW.amount_minor
    WHERE id = NEW.lot_id AND lot_id IS NULL AND seller_id = NEW.seller_id
      AND customer_id = NEW.customer_id AND currency = NEW.currency;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'balance_lot_of_same_customer',
            TABLE = TG_TABLE_NAME,
            MESSAGE = 'balance_lot_of_same_customer: the lot is not one of the customer and currency';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER balance_lot_of_same_customer AFTER INSERT ON invoices_balancemovement
FOR EACH ROW WHEN (NEW.lot_id IS NOT NULL) EXECUTE FUNCTION anlass_take_from_lot();

CREATE TRIGGER balance_lot_begins_full BEFORE INSERT ON invoices_balancemovement
FOR EACH ROW WHEN (NEW.lot_id IS NULL AND NEW.rest_minor IS DISTINCT FROM NEW.amount_minor)
EXECUTE FUNCTION anlass_refuse();

-- Only the trigger above changes what is left: it runs one level deep.
CREATE TRIGGER balance_lot_kept_by_movements
BEFORE UPDATE OF rest_minor ON invoices_balancemovement
FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION anlass_refuse();
"""

INVOICES = """
CREATE FUNCTION anlass_check_prepaid() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong text;
BEGIN
    SELECT a.number INTO wrong FROM added a
    WHERE a.prepaid_minor <> coalesce((
        SELECT -sum(m.amount_minor) FROM invoices_balancemovement m
        WHERE m.invoice_id = a.id AND m.kind = 'applied'), 0)
       OR EXISTS (
        SELECT FROM invoices_balancemovement m
        WHERE m.invoice_id = a.id AND m.kind = 'applied'
          AND (m.seller_id, m.customer_id, m.currency)
              IS DISTINCT FROM (a.seller_id, a.customer_id, a.currency))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'invoice_prepaid_is_applied',
            TABLE = TG_TABLE_NAME,
            MESSAGE = format('invoice_prepaid_is_applied: %s says otherwise than the balance', wrong);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invoice_prepaid_is_applied AFTER INSERT ON invoices_invoice
REFERENCING NEW TABLE AS added FOR EACH STATEMENT
EXECUTE FUNCTION anlass_check_prepaid();

-- What settles the corrected invoice doesn't come to the balance.
CREATE FUNCTION anlass_check_movement_of_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'applied' AND EXISTS (
            SELECT FROM invoices_invoice WHERE id = NEW.invoice_id)
       OR NEW.kind = 'credit_note' AND NOT EXISTS (
            SELECT FROM invoices_invoice
            WHERE id = NEW.invoice_id AND seller_id = NEW.seller_id
              AND customer_id = NEW.customer_id AND currency = NEW.currency
              AND kind = 'credit_note' AND -gross_minor - settled_minor = NEW.amount_minor) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'balance_movement_fits_invoice',
            TABLE = TG_TABLE_NAME,
            MESSAGE = 'balance_movement_fits_invoice: it is issued, or no credit note of this amount';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER balance_movement_fits_invoice AFTER INSERT ON invoices_balancemovement
FOR EACH ROW WHEN (NEW.invoice_id IS NOT NULL)
EXECUTE FUNCTION anlass_check_movement_of_invoice();
"""

UNDO = """
DROP TRIGGER balance_movement_fits_invoice ON invoices_balancemovement;
DROP FUNCTION anlass_check_movement_of_invoice();
DROP TRIGGER invoice_prepaid_is_applied ON invoices_invoice;
DROP FUNCTION anlass_check_prepaid();
DROP TRIGGER balance_lot_kept_by_movements ON invoices_balancemovement;
DROP TRIGGER balance_lot_begins_full ON invoices_balancemovement;
DROP TRIGGER balance_lot_of_same_customer ON invoices_balancemovement;
DROP FUNCTION anlass_take_from_lot();
ALTER TABLE invoices_balancemovement
    DROP CONSTRAINT balancemovement_invoice_is_there,
    DROP CONSTRAINT balancemovement_lot_is_there;
"""


class Migration(migrations.Migration):
    dependencies = [("invoices", "0005_invoices_add_up")]
    operations = [migrations.RunSQL(THERE + LOTS + INVOICES, UNDO)]
