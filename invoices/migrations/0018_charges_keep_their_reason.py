"""Why a charge bears no VAT, and whose decision that was, is settled with its tax, once."""

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


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0019_facts_of_documents_hold"),
        ("invoices", "0017_charges_tell_of_their_tax"),
    ]
    operations = [
        migrations.RunSQL(THAW + _freeze(f"{SETTLED}, {REASON}"), THAW),  # 0011 freezes again.
        migrations.RunSQL(OF_SELLER, OF_ANY),
    ]
