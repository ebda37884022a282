"""
Why a charge bears no VAT, and whose decision that was, is settled with its tax, once.

What corrects a charge tells the same of the supply.
"""

from django.db import migrations

SETTLED = "amount_minor, tax_category, tax_percent"
REASON = "exemption_code, exemption_text, seller_vat_id, tax_override_id"
THAW = """
DROP TRIGGER charge_never_changes ON invoices_charge;
DROP TRIGGER charge_never_deleted ON invoices_charge;
DROP TRIGGER charge_never_truncated ON invoices_charge;
DROP TRIGGER charge_invoiced_once ON invoices_charge;
"""


def _freeze(columns):
    free = columns.replace(" ", "")
    return f"""
    SELECT anlass_make_facts('invoices_charge', 'charge', '{{invoice_id,position,{free}}}');
    CREATE TRIGGER charge_invoiced_once
    BEFORE UPDATE OF invoice_id, position, {columns} ON invoices_charge
    FOR EACH ROW WHEN (OLD.invoice_id IS NOT NULL OR NEW.invoice_id IS NULL)
    EXECUTE FUNCTION anlass_refuse();
    """


OF_SELLER = """
ALTER TABLE invoices_charge ADD CONSTRAINT charge_tax_override_of_same_seller
FOREIGN KEY (seller_id, tax_override_id) REFERENCES billing_taxoverride (seller_id, id)
DEFERRABLE INITIALLY DEFERRED;
"""
OF_ANY = "ALTER TABLE invoices_charge DROP CONSTRAINT charge_tax_override_of_same_seller;"

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
UNLIKE = """
DROP TRIGGER charge_corrects_alike ON invoices_charge;
DROP FUNCTION anlass_check_charge_corrects_alike();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0019_facts_of_documents_hold"),
        ("invoices", "0017_charges_tell_of_their_tax"),
    ]
    operations = [
        migrations.RunSQL(THAW + _freeze(f"{SETTLED}, {REASON}"), THAW),  # 0017 freezes again.
        migrations.RunSQL(OF_SELLER, OF_ANY),
        migrations.RunSQL(ALIKE, UNLIKE),
    ]
