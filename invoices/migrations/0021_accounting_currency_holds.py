"""VAT in the seller's currency is frozen with the document, and is the sum of its parts."""

from django.db import migrations

NEW = (
    "accounting_currency,exchange_rate,exchange_rate_date,exchange_rate_source,"
    "accounting_tax_minor,accounting_taxes"
)
THAW = """
DROP TRIGGER invoice_never_changes ON invoices_invoice;
DROP TRIGGER invoice_never_deleted ON invoices_invoice;
DROP TRIGGER invoice_never_truncated ON invoices_invoice;
"""
FREEZE = "SELECT anlass_make_facts('invoices_invoice', 'invoice', '{%s}');"

ADDS_UP = """
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
"""


class Migration(migrations.Migration):
    dependencies = [("invoices", "0020_accounting_currency")]
    operations = [
        migrations.RunSQL(THAW + FREEZE % "" + ADDS_UP, UNDO + THAW + FREEZE % NEW),
    ]
