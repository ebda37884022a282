"""
An invoice equals the sum of its lines and follows its predecessor without a gap.

Lines are written before their invoice (the foreign key is checked at commit), so that the invoice
seals them: its totals are checked against them, and a line for an issued invoice is refused. The
checks are set-based, one per statement, so that a block of invoices costs little more than one.

VAT in the seller's currency, frozen with the document, is the sum of its parts.
"""

from django.db import migrations

SEALED = """
CREATE FUNCTION anlass_check_lines_come_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed c JOIN invoices_invoice i ON i.id = c.invoice_id) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'invoice_sealed',
            TABLE = TG_TABLE_NAME,
            MESSAGE = 'invoice_sealed: an issued invoice takes no further line';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invoice_sealed_for_new_lines AFTER INSERT ON invoices_charge
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT
EXECUTE FUNCTION anlass_check_lines_come_first();
CREATE TRIGGER invoice_sealed_for_waiting_lines AFTER UPDATE ON invoices_charge
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT
EXECUTE FUNCTION anlass_check_lines_come_first();
"""

ADDS_UP = """
CREATE FUNCTION anlass_check_invoices_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    -- Totals equal the lines, in sum and per tax category and rate; all of one seller and currency.
    WITH lines AS (
        SELECT c.invoice_id, c.tax_category AS category, c.tax_percent AS percent,
               sum(c.amount_minor) AS base, count(*) AS n, max(c.position) AS top,
               bool_and(c.seller_id = a.seller_id AND c.currency = a.currency
                        AND c.customer_id = a.customer_id) AS kin
        FROM added a JOIN invoices_charge c ON c.invoice_id = a.id
        GROUP BY 1, 2, 3
    ), taxes AS (
        SELECT a.id AS invoice_id, t.category, t.percent::numeric AS percent,
               t.base_minor AS base, t.tax_minor AS tax
        FROM added a, jsonb_to_recordset(a.taxes)
             AS t(category text, percent text, base_minor bigint, tax_minor bigint)
    ), sums AS (
        SELECT invoice_id, bool_and(coalesce(l.base = t.base AND l.kin, false)) AS agree,
               sum(t.base) AS net, sum(t.tax) AS tax, sum(l.n) AS n, max(l.top) AS top
        FROM lines l FULL JOIN taxes t USING (invoice_id, category, percent)
        GROUP BY invoice_id
    )
    SELECT a.number INTO wrong FROM added a LEFT JOIN sums s ON s.invoice_id = a.id
    WHERE NOT coalesce(
        s.agree AND s.net = a.net_minor AND s.tax = a.tax_minor AND s.n = s.top, false)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'invoice_totals_are_lines',
            TABLE = TG_TABLE_NAME,
            MESSAGE = format('invoice_totals_are_lines: %s does not equal its lines', wrong.number);
    END IF;

    -- Numbers are gapless in a series, dates don't go back, each holds its predecessor's hash.
    SELECT a.number INTO wrong
    FROM added a
    JOIN invoices_numberseries s ON s.id = a.series_id
    LEFT JOIN invoices_invoice p ON p.series_id = a.series_id AND p.sequence = a.sequence - 1
    WHERE s.seller_id <> a.seller_id OR s.kind <> a.kind
       OR s.year <> extract(year FROM a.issue_date)
       OR (a.sequence = 1 AND a.previous_hash <> repeat('0', 64))
       OR (a.sequence > 1 AND NOT coalesce(
              p.issue_date <= a.issue_date AND p.hash = a.previous_hash, false))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'invoice_follows_predecessor',
            TABLE = TG_TABLE_NAME,
            MESSAGE = format('invoice_follows_predecessor: %s skips a number, goes back in date'
                             ' or does not hold the hash of the one before', wrong.number);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invoice_adds_up AFTER INSERT ON invoices_invoice
REFERENCING NEW TABLE AS added FOR EACH STATEMENT
EXECUTE FUNCTION anlass_check_invoices_add_up();
"""

ACCOUNTED = """
CREATE FUNCTION anlass_check_accounting_taxes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF jsonb_array_length(NEW.accounting_taxes) <> jsonb_array_length(NEW.taxes)
       OR NEW.accounting_tax_minor <> (
            SELECT sum(part::bigint) FROM jsonb_array_elements_text(NEW.accounting_taxes) part) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'invoice_accounting_taxes_add_up',
            TABLE = TG_TABLE_NAME,
            MESSAGE = format('invoice_accounting_taxes_add_up: the VAT of %s in %s is not the sum'
                             ' of its parts', NEW.number, NEW.accounting_currency);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invoice_accounting_taxes_add_up AFTER INSERT ON invoices_invoice
FOR EACH ROW WHEN (NEW.accounting_tax_minor IS NOT NULL)
EXECUTE FUNCTION anlass_check_accounting_taxes();
"""

UNDO = """
DROP TRIGGER invoice_accounting_taxes_add_up ON invoices_invoice;
DROP FUNCTION anlass_check_accounting_taxes();
DROP TRIGGER invoice_adds_up ON invoices_invoice;
DROP FUNCTION anlass_check_invoices_add_up();
DROP TRIGGER invoice_sealed_for_waiting_lines ON invoices_charge;
DROP TRIGGER invoice_sealed_for_new_lines ON invoices_charge;
DROP FUNCTION anlass_check_lines_come_first();
"""


class Migration(migrations.Migration):
    dependencies = [("invoices", "0004_sellers_never_meet")]
    operations = [migrations.RunSQL(SEALED + ADDS_UP + ACCOUNTED, UNDO)]
