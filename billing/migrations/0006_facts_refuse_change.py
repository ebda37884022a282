"""
Facts are inserted once: the database refuses to change, delete or truncate them.

A trigger `UPDATE OF` fires only where a frozen column is named in the statement, so that a change
of a free column costs nothing. A table that gets a column is made facts anew, or the column is free.

A contract's references are the customer's, who may give others later: invoices freeze copies. A
failure's reason may be told anew while it is open: it counts the records that wait. Rates of
exchange are facts because documents rest on them.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION anlass_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'integrity_constraint_violation',
        CONSTRAINT = TG_NAME,
        TABLE = TG_TABLE_NAME,
        MESSAGE = format('%s: %s of %s is refused', TG_NAME, lower(TG_OP), TG_TABLE_NAME),
        HINT = 'Facts never change. State a correction as a new row.';
END $$;

-- Makes a table's rows facts: only the columns named as free may be updated.
CREATE FUNCTION anlass_make_facts(tab regclass, prefix text, free text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE frozen text;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ') INTO frozen FROM pg_attribute
    WHERE attrelid = tab AND attnum > 0 AND NOT attisdropped AND attname <> ALL (free);
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OF %s ON %s FOR EACH ROW
                    EXECUTE FUNCTION anlass_refuse()', prefix || '_never_changes', frozen, tab);
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %s FOR EACH ROW
                    EXECUTE FUNCTION anlass_refuse()', prefix || '_never_deleted', tab);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %s FOR EACH STATEMENT
                    EXECUTE FUNCTION anlass_refuse()', prefix || '_never_truncated', tab);
END $$;
"""

FACTS = """
SELECT anlass_make_facts('billing_price', 'price', '{valid_until}');
SELECT anlass_make_facts('billing_meter', 'meter', '{}');
SELECT anlass_make_facts('billing_plan', 'plan', '{name}');
SELECT anlass_make_facts('billing_product', 'product', '{name,description}');
SELECT anlass_make_facts('billing_coupon', 'coupon', '{valid_until}');
SELECT anlass_make_facts('billing_contract', 'contract',
    '{next_billing_date,billed_date,billed_position,purchase_order,project_reference}');
SELECT anlass_make_facts('billing_subscription', 'subscription',
    '{charged_until,charged_known_on,charged_position}');
SELECT anlass_make_facts('billing_subscriptionchange', 'subscription_change', '{}');
SELECT anlass_make_facts('billing_couponredemption', 'coupon_redemption', '{}');
SELECT anlass_make_facts('billing_order', 'order', '{}');
SELECT anlass_make_facts('billing_orderline', 'order_line', '{}');
SELECT anlass_make_facts('billing_sellerregistration', 'seller_registration', '{valid_until}');
SELECT anlass_make_facts('billing_taxrate', 'tax_rate', '{valid_until}');
SELECT anlass_make_facts('billing_taxoverride', 'tax_override', '{valid_until,ended_at}');
SELECT anlass_make_facts('billing_vatidcheck', 'vat_id_check', '{next_check_at}');
SELECT anlass_make_facts('billing_exchangerate', 'exchange_rate', '{}');
SELECT anlass_make_facts('billing_ownexchangerate', 'own_exchange_rate', '{}');
SELECT anlass_make_facts('billing_event', 'event',
    '{state,published_at,next_send_at,sends,retried_at}');
SELECT anlass_make_facts('billing_attempt', 'attempt', '{}');
SELECT anlass_make_facts('billing_attemptarchive', 'attempt_archive', '{}');
SELECT anlass_make_facts('billing_failure', 'failure',
    '{state,closed_at,closed_by,closing_note,priority,reason}');
SELECT anlass_make_facts('billing_usagerecord', 'usage_record', '{}');
SELECT anlass_make_facts('billing_usagekey', 'usage_key', '{}');
SELECT anlass_make_facts('billing_usageconflict', 'usage_conflict', '{}');
SELECT anlass_make_facts(
    'billing_unattributedrecord', 'unattributed_record', '{reason,attributed_at}');
"""

ONCE = """
CREATE TRIGGER price_ends_once BEFORE UPDATE OF valid_until ON billing_price FOR EACH ROW
WHEN (OLD.valid_until IS NOT NULL) EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER coupon_ends_once BEFORE UPDATE OF valid_until ON billing_coupon FOR EACH ROW
WHEN (OLD.valid_until IS NOT NULL) EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER tax_rate_ends_once BEFORE UPDATE OF valid_until ON billing_taxrate FOR EACH ROW
WHEN (OLD.valid_until IS NOT NULL) EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER tax_override_ends_once
BEFORE UPDATE OF valid_until, ended_at ON billing_taxoverride FOR EACH ROW
WHEN (OLD.valid_until IS NOT NULL OR NEW.valid_until IS NULL OR NEW.ended_at IS NULL)
EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER seller_registration_ends_once
BEFORE UPDATE OF valid_until ON billing_sellerregistration FOR EACH ROW
WHEN (OLD.valid_until IS NOT NULL) EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER seller_mode_for_good BEFORE UPDATE OF is_test ON billing_seller FOR EACH ROW
WHEN (OLD.is_test <> NEW.is_test) EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER contract_billed_forward
BEFORE UPDATE OF billed_date, billed_position ON billing_contract FOR EACH ROW
WHEN (NEW.billed_date < OLD.billed_date OR NEW.billed_position < OLD.billed_position
      OR (NEW.billed_date IS NULL AND OLD.billed_date IS NOT NULL))
EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER event_settled_for_good BEFORE UPDATE OF state ON billing_event FOR EACH ROW
WHEN (OLD.state IN ('noted', 'handled', 'written_off') AND NEW.state <> OLD.state)
EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER failure_closed_for_good
BEFORE UPDATE OF state, closed_at, closed_by, closing_note ON billing_failure FOR EACH ROW
WHEN (OLD.state <> 'open' AND NOT (
    OLD.state = 'retried' AND NEW.state = 'resolved' AND NEW.closed_at = OLD.closed_at
    AND NEW.closed_by = OLD.closed_by AND NEW.closing_note = OLD.closing_note))
EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER failure_reason_of_open BEFORE UPDATE OF reason ON billing_failure FOR EACH ROW
WHEN (OLD.state <> 'open') EXECUTE FUNCTION anlass_refuse();

CREATE TRIGGER unattributed_record_attributed_once
BEFORE UPDATE OF reason, attributed_at ON billing_unattributedrecord FOR EACH ROW
WHEN (OLD.attributed_at IS NOT NULL) EXECUTE FUNCTION anlass_refuse();
"""

# The triggers that partitions have of their table go with the table's.
UNDO = """
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT tgname, tgrelid::regclass AS tab FROM pg_trigger
             WHERE tgfoid = 'anlass_refuse'::regproc AND NOT tgisinternal AND tgparentid = 0
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.tab);
    END LOOP;
END $$;
DROP FUNCTION anlass_make_facts(regclass, text, text[]);
DROP FUNCTION anlass_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_events_and_usage")]
    operations = [migrations.RunSQL(REFUSE + FACTS + ONCE, UNDO)]
