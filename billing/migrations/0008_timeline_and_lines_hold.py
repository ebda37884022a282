"""
Refused are changes that contradict a subscription's timeline, orders without lines, and prices that
look at what their meter doesn't keep apart.
"""

from django.db import migrations

TIMELINE = """
-- Takes the lock of the contract, so that the order of recording is the order of commits, and
-- refuses a change that contradicts the timeline. A cancellation makes later changes that were
-- recorded before it moot; one that was recorded after it contradicts it.
CREATE FUNCTION anlass_check_timeline() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change billing_subscriptionchange;
    live billing_subscriptionchange[] := '{}';
    undone bigint;
    stage text := 'before';
    ended_by bigint;
    wrong text;
BEGIN
    PERFORM 1 FROM billing_subscription s JOIN billing_contract c ON c.id = s.contract_id
    WHERE s.id = NEW.subscription_id FOR UPDATE OF c;
    NEW.position := nextval('billing_change_position');

    FOR change IN
        SELECT * FROM billing_subscriptionchange
        WHERE subscription_id = NEW.subscription_id ORDER BY position
    LOOP
        IF change.kind = 'undo' THEN
            SELECT max(position) INTO undone FROM unnest(live)
            WHERE effective_on > change.effective_on;
            SELECT coalesce(array_agg(c ORDER BY c.position), '{}') INTO live
            FROM unnest(live) c WHERE c.position <> undone;
        ELSE
            live := live || change;
        END IF;
    END LOOP;

    IF NEW.kind = 'undo' THEN
        IF NOT EXISTS (SELECT FROM unnest(live) c
                       WHERE c.effective_on > NEW.effective_on) THEN
            wrong := 'nothing is pending that could be undone';
        END IF;
    ELSE
        live := live || NEW;
        FOR change IN SELECT * FROM unnest(live) c ORDER BY c.effective_on, c.position LOOP
            IF change.kind = 'start' AND stage <> 'before' THEN
                wrong := 'it has started already';
            ELSIF change.kind <> 'start' AND stage = 'before' THEN
                wrong := 'it has not started by then';
            ELSIF stage = 'ended' AND change.position > ended_by THEN
                wrong := 'it has ended by then';
            ELSIF stage = 'paused' AND change.kind = 'pause' THEN
                wrong := 'it is paused by then: resume it first';
            ELSIF stage = 'running' AND change.kind = 'resume' THEN
                wrong := 'it is not paused by then';
            END IF;
            EXIT WHEN wrong IS NOT NULL;
            IF stage <> 'ended' THEN
                stage := CASE change.kind
                    WHEN 'start' THEN 'running' WHEN 'pause' THEN 'paused'
                    WHEN 'resume' THEN 'running' WHEN 'cancel' THEN 'ended' ELSE stage END;
                IF change.kind = 'cancel' THEN ended_by := change.position; END IF;
            END IF;
        END LOOP;
    END IF;

    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = TG_NAME,
            TABLE = TG_TABLE_NAME,
            MESSAGE = format('%s: %s on %s contradicts the timeline: %s',
                             TG_NAME, NEW.kind, NEW.effective_on, wrong);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER subscription_timeline_holds BEFORE INSERT ON billing_subscriptionchange
FOR EACH ROW EXECUTE FUNCTION anlass_check_timeline();
"""

LINES = """
CREATE FUNCTION anlass_check_order_has_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM billing_orderline WHERE order_id = NEW.id) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = TG_NAME,
            TABLE = TG_TABLE_NAME,
            MESSAGE = format('%s: order %s has no line', TG_NAME, NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER order_has_lines AFTER INSERT ON billing_order
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION anlass_check_order_has_lines();

-- A line belongs to its order's seller, and comes with its order: none is added later. (The
-- order is as young as this transaction; a savepoint of it is younger still.)
CREATE FUNCTION anlass_check_lines_come_with_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added a JOIN billing_order o ON o.id = a.order_id
               WHERE o.seller_id <> a.seller_id
                  OR age(o.xmin) > age(pg_current_xact_id()::xid)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = TG_NAME,
            TABLE = TG_TABLE_NAME,
            MESSAGE = TG_NAME || ': a line comes with its order, of the same seller';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER order_line_comes_with_order AFTER INSERT ON billing_orderline
REFERENCING NEW TABLE AS added FOR EACH STATEMENT
EXECUTE FUNCTION anlass_check_lines_come_with_order();
"""

DIMENSIONS = """
CREATE FUNCTION anlass_check_dimensions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM billing_meter m, (
            SELECT jsonb_object_keys(NEW.filters) AS name
            UNION ALL SELECT jsonb_array_elements_text(NEW.group_by)) named
        WHERE m.id = NEW.meter_id AND NOT m.dimensions ? named.name
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = TG_NAME,
            TABLE = TG_TABLE_NAME,
            MESSAGE = format('%s: price %s filters or groups by what is no dimension of its meter',
                             TG_NAME, NEW.code);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER price_dimensions_known BEFORE INSERT ON billing_price
FOR EACH ROW WHEN (NEW.meter_id IS NOT NULL) EXECUTE FUNCTION anlass_check_dimensions();
"""

UNDO = """
DROP TRIGGER price_dimensions_known ON billing_price;
DROP FUNCTION anlass_check_dimensions();
DROP TRIGGER order_line_comes_with_order ON billing_orderline;
DROP FUNCTION anlass_check_lines_come_with_order();
DROP TRIGGER order_has_lines ON billing_order;
DROP FUNCTION anlass_check_order_has_lines();
DROP TRIGGER subscription_timeline_holds ON billing_subscriptionchange;
DROP FUNCTION anlass_check_timeline();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_sellers_never_meet")]
    operations = [migrations.RunSQL(TIMELINE + LINES + DIMENSIONS, UNDO)]
