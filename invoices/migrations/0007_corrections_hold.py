"""
No more is taken back of a charge, or settled of an invoice, than there is.

Whoever corrects locks what is corrected, so that two at once don't take back the same. What
corrects a charge tells the same of the supply. A line of an order is charged again only once it was
taken back wholly.
"""

from django.db import migrations

ORDERED = """
CREATE FUNCTION anlass_check_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM invoices_invoice
                   WHERE id = NEW.invoice_id AND seller_id = NEW.seller_id AND kind = 'invoice') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'correction_of_invoice',
            TABLE = TG_TABLE_NAME,
            MESSAGE = 'correction_of_invoice: it is no invoice of the seller';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER correction_of_invoice AFTER INSERT ON invoices_correction
FOR EACH ROW EXECUTE FUNCTION anlass_check_correction();

CREATE FUNCTION anlass_check_correction_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
            SELECT FROM invoices_charge c JOIN invoices_correction k ON k.invoice_id = c.invoice_id
            WHERE c.id = NEW.charge_id AND k.id = NEW.correction_id
              AND c.seller_id = NEW.seller_id AND k.seller_id = NEW.seller_id
              AND sign(NEW.amount_minor) = sign(c.priced_minor)
              AND abs(NEW.amount_minor) <= abs(c.priced_minor)
              AND coalesce(NEW.quantity <= c.quantity, true)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'correction_line_of_invoice',
            TABLE = TG_TABLE_NAME,
            MESSAGE = 'correction_line_of_invoice: it is no line of the invoice, or of less';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER correction_line_of_invoice AFTER INSERT ON invoices_correctionline
FOR EACH ROW EXECUTE FUNCTION anlass_check_correction_line();
"""

CHARGED = """
CREATE FUNCTION anlass_check_charge_corrects() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    c invoices_charge%ROWTYPE;
    priced bigint;
    net bigint;
BEGIN
    SELECT * INTO c FROM invoices_charge WHERE id = NEW.corrects_id FOR NO KEY UPDATE;
    SELECT sum(priced_minor), sum(amount_minor) INTO priced, net
    FROM invoices_charge WHERE corrects_id = NEW.corrects_id;
    IF NOT coalesce(
            c.invoice_id IS NOT NULL AND c.corrects_id IS NULL
            AND (c.seller_id, c.customer_id, c.currency, c.tax_category, c.tax_percent,
                 c.tax_included, c.stretch_starts_on, c.tag)
              = (NEW.seller_id, NEW.customer_id, NEW.currency, NEW.tax_category, NEW.tax_percent,
                 NEW.tax_included, NEW.stretch_starts_on, NEW.tag)
            AND (c.subscription_id, c.order_line_id, c.price_id, c.plan_id) IS NOT DISTINCT FROM
                (NEW.subscription_id, NEW.order_line_id, NEW.price_id, NEW.plan_id)
            AND sign(NEW.priced_minor) = -sign(c.priced_minor)
            AND abs(priced) <= abs(c.priced_minor) AND sign(priced) = -sign(c.priced_minor)
            AND abs(net) <= abs(priced) AND sign(net) IN (0, -sign(c.priced_minor)),
            false) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'charge_corrects_what_is_left',
            TABLE = TG_TABLE_NAME,
            MESSAGE = 'charge_corrects_what_is_left: more is taken back than is left of the charge';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER charge_corrects_what_is_left AFTER INSERT ON invoices_charge
FOR EACH ROW WHEN (NEW.corrects_id IS NOT NULL) EXECUTE FUNCTION anlass_check_charge_corrects();

CREATE FUNCTION anlass_check_order_line_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
            SELECT FROM added a
            WHERE a.order_line_id IS NOT NULL AND a.corrects_id IS NULL
              AND (SELECT sum(c.priced_minor) FROM invoices_charge c
                   WHERE c.order_line_id = a.order_line_id AND c.id <> a.id) <> 0) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'charge_order_line_again',
            TABLE = TG_TABLE_NAME,
            MESSAGE = 'charge_order_line_again: the line of the order is charged already';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER charge_order_line_again AFTER INSERT ON invoices_charge
REFERENCING NEW TABLE AS added FOR EACH STATEMENT
EXECUTE FUNCTION anlass_check_order_line_again();
"""

# What is taken back is the same supply at the same tax: a column that a correction has not of its
# own is that of the charge, also one that is added later.
ALIKE = """
CREATE FUNCTION anlass_check_charge_corrects_alike() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own text[] := '{id,cause,is_credit,quantity,unit,measured,priced_minor,amount_minor,corrects_id,
        is_taxed_as_charged,is_concession,explanation,event_id,transaction_id,created_at,ordinal,
        invoice_id,position}';
BEGIN
    IF EXISTS (SELECT FROM invoices_charge c WHERE c.id = NEW.corrects_id
               AND to_jsonb(c) - own <> to_jsonb(NEW) - own) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'charge_corrects_alike',
            TABLE = TG_TABLE_NAME,
            MESSAGE = 'charge_corrects_alike: it tells otherwise of the supply than the charge';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER charge_corrects_alike AFTER INSERT ON invoices_charge
FOR EACH ROW WHEN (NEW.corrects_id IS NOT NULL)
EXECUTE FUNCTION anlass_check_charge_corrects_alike();
"""

INVOICED = """
CREATE FUNCTION anlass_check_invoice_corrects() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    i invoices_invoice%ROWTYPE;
    settled bigint;
BEGIN
    SELECT * INTO i FROM invoices_invoice WHERE id = NEW.corrected_invoice_id FOR NO KEY UPDATE;
    SELECT sum(settled_minor) INTO settled
    FROM invoices_invoice WHERE corrected_invoice_id = NEW.corrected_invoice_id;
    IF NOT coalesce(
            i.kind = 'invoice' AND settled <= i.payable_minor
            AND (i.seller_id, i.customer_id, i.currency)
              = (NEW.seller_id, NEW.customer_id, NEW.currency)
            AND NOT EXISTS (
                SELECT FROM invoices_charge c LEFT JOIN invoices_charge b ON b.id = c.corrects_id
                WHERE c.invoice_id = NEW.id AND b.invoice_id IS DISTINCT FROM i.id),
            false) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'invoice_corrects_what_is_left',
            TABLE = TG_TABLE_NAME,
            MESSAGE = 'invoice_corrects_what_is_left: its lines correct another invoice, or more is'
                      ' settled than is left to pay';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invoice_corrects_what_is_left AFTER INSERT ON invoices_invoice
FOR EACH ROW WHEN (NEW.corrected_invoice_id IS NOT NULL)
EXECUTE FUNCTION anlass_check_invoice_corrects();
"""

UNDO = """
DROP TRIGGER invoice_corrects_what_is_left ON invoices_invoice;
DROP FUNCTION anlass_check_invoice_corrects();
DROP TRIGGER charge_corrects_alike ON invoices_charge;
DROP FUNCTION anlass_check_charge_corrects_alike();
DROP TRIGGER charge_order_line_again ON invoices_charge;
DROP FUNCTION anlass_check_order_line_again();
DROP TRIGGER charge_corrects_what_is_left ON invoices_charge;
DROP FUNCTION anlass_check_charge_corrects();
DROP TRIGGER correction_line_of_invoice ON invoices_correctionline;
DROP FUNCTION anlass_check_correction_line();
DROP TRIGGER correction_of_invoice ON invoices_correction;
DROP FUNCTION anlass_check_correction();
"""


class Migration(migrations.Migration):
    dependencies = [("invoices", "0006_balances_hold")]
    operations = [migrations.RunSQL(ORDERED + CHARGED + ALIKE + INVOICED, UNDO)]
