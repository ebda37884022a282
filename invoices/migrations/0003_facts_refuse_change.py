"""
Facts of documents, money and deliveries refuse change; what moves goes one way, or once.

A charge is put on an invoice once: with that its net amount and its tax are settled, which depend
on the document's parties and on its other lines. A counter only counts up. What is sent is a fact;
how far it got changes until it is sent, and a try is completed once. Of a delivery whose body is
pruned everything else stays; a try loses what was said, nothing else.
"""

from django.db import migrations

FACTS = """
SELECT anlass_make_facts('invoices_invoice', 'invoice', '{}');
SELECT anlass_make_facts('invoices_charge', 'charge',
    '{invoice_id,position,amount_minor,tax_category,tax_percent,exemption_code,exemption_text,
      seller_vat_id,tax_override_id}');
SELECT anlass_make_facts(
    'invoices_numberseries', 'number_series', '{latest_sequence,latest_date,latest_hash}');
SELECT anlass_make_facts('invoices_balancemovement', 'balance_movement', '{rest_minor}');
SELECT anlass_make_facts('invoices_correction', 'correction', '{}');
SELECT anlass_make_facts('invoices_correctionline', 'correction_line', '{}');
SELECT anlass_make_facts('invoices_document', 'document', '{}');
SELECT anlass_make_facts('invoices_documenttemplate', 'document_template', '{}');
SELECT anlass_make_facts('invoices_account', 'account', '{valid_until}');
SELECT anlass_make_facts('invoices_accountoverride', 'account_override', '{valid_until}');
SELECT anlass_make_facts('invoices_debtoraccount', 'debtor_account', '{}');
SELECT anlass_make_facts('invoices_delivery', 'delivery',
    '{state,tries,earlier_tries,next_try_at,held_until,settled_at,body,pruned_at}');
SELECT anlass_make_facts('invoices_deliveryattempt', 'delivery_attempt',
    '{ended_at,outcome,status,answer,ip,milliseconds,request_headers,answer_headers}');
SELECT anlass_make_facts('invoices_downloadlink', 'download_link',
    '{revoked_at,downloads,latest_download_at}');
SELECT anlass_make_facts('invoices_webhooksecret', 'webhook_secret', '{expires_at}');
SELECT anlass_make_facts('invoices_webhookendpoint', 'webhook_endpoint',
    '{url,description,event_types,state,failing_since,disabled_at,disabled_reason,customer_id,
      contract_id}');
"""

ONCE = """
CREATE TRIGGER charge_invoiced_once
BEFORE UPDATE OF invoice_id, position, amount_minor, tax_category, tax_percent, exemption_code,
    exemption_text, seller_vat_id, tax_override_id ON invoices_charge
FOR EACH ROW WHEN (OLD.invoice_id IS NOT NULL OR NEW.invoice_id IS NULL)
EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER number_series_counts_up
BEFORE UPDATE OF latest_sequence, latest_date, latest_hash ON invoices_numberseries
FOR EACH ROW WHEN (NEW.latest_sequence <= OLD.latest_sequence OR NEW.latest_date < OLD.latest_date)
EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER account_override_ends_once
BEFORE UPDATE OF valid_until ON invoices_accountoverride FOR EACH ROW
WHEN (OLD.valid_until IS NOT NULL) EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER delivery_sent_for_good BEFORE UPDATE OF state, settled_at ON invoices_delivery
FOR EACH ROW WHEN (OLD.state IN ('sent', 'withheld')) EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER delivery_body_only_pruned BEFORE UPDATE OF body, pruned_at ON invoices_delivery
FOR EACH ROW WHEN (OLD.pruned_at IS NOT NULL OR NEW.pruned_at IS NULL OR NEW.body <> '')
EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER delivery_attempt_ends_once
BEFORE UPDATE OF ended_at, outcome, status, answer, ip, milliseconds, request_headers,
    answer_headers ON invoices_deliveryattempt
FOR EACH ROW WHEN (OLD.outcome <> 'unknown' AND NOT (
    NEW.answer = '' AND NEW.request_headers = '{}' AND NEW.answer_headers = '{}'
    AND (NEW.ended_at, NEW.outcome, NEW.status, NEW.ip, NEW.milliseconds)
        IS NOT DISTINCT FROM (OLD.ended_at, OLD.outcome, OLD.status, OLD.ip, OLD.milliseconds)
)) EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER download_link_revoked_for_good BEFORE UPDATE OF revoked_at ON invoices_downloadlink
FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL) EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER webhook_endpoint_deleted_for_good
BEFORE UPDATE OF state ON invoices_webhookendpoint
FOR EACH ROW WHEN (OLD.state = 'deleted' AND NEW.state <> 'deleted')
EXECUTE FUNCTION anlass_refuse();
"""

UNDO = """
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT tgname, tgrelid::regclass AS tab FROM pg_trigger
             WHERE tgfoid = 'anlass_refuse'::regproc AND NOT tgisinternal
               AND tgrelid::regclass::text LIKE 'invoices_%'
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.tab);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0002_documents_deliveries_books"),
        ("billing", "0006_facts_refuse_change"),
    ]
    operations = [migrations.RunSQL(FACTS + ONCE, UNDO)]
