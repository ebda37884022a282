"""
A coupon is redeemed only as it promises.

The check locks the coupon, so that of two redemptions at once the second counts the first.
"""

from django.db import migrations

HOLD = """
CREATE FUNCTION anlass_check_coupon_redeemed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    coupon billing_coupon;
    why text;
BEGIN
    SELECT * INTO coupon FROM billing_coupon WHERE id = NEW.coupon_id FOR UPDATE;
    IF NEW.redeemed_on < coupon.valid_from OR NEW.redeemed_on >= coupon.valid_until THEN
        why := 'it is not valid on that day';
    ELSIF coupon.once_per_customer AND EXISTS (
        SELECT FROM billing_couponredemption
        WHERE coupon_id = NEW.coupon_id AND customer_id = NEW.customer_id) THEN
        why := 'the customer had it already';
    ELSIF coupon.max_redemptions <= (
        SELECT count(*) FROM billing_couponredemption WHERE coupon_id = NEW.coupon_id) THEN
        why := 'it is used up';
    ELSIF NOT EXISTS (
        SELECT FROM billing_subscriptionchange s
        JOIN billing_subscription b ON b.id = s.subscription_id
        JOIN billing_contract c ON c.id = b.contract_id
        WHERE s.id = NEW.change_id AND s.subscription_id = NEW.subscription_id
          AND s.seller_id = NEW.seller_id AND s.kind = 'discount'
          AND s.terms->>'coupon' = coupon.code AND c.customer_id = NEW.customer_id
          AND (coupon.currency = '' OR coupon.currency = c.currency)) THEN
        why := 'its change is no discount by it of a subscription of the customer';
    END IF;
    IF why IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'coupon_redeemed_as_promised',
            TABLE = TG_TABLE_NAME,
            MESSAGE = format('coupon_redeemed_as_promised: %s: %s', coupon.code, why);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER coupon_redeemed_as_promised BEFORE INSERT ON billing_couponredemption
FOR EACH ROW EXECUTE FUNCTION anlass_check_coupon_redeemed();
"""

UNDO = """
DROP TRIGGER coupon_redeemed_as_promised ON billing_couponredemption;
DROP FUNCTION anlass_check_coupon_redeemed();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_timeline_and_lines_hold")]
    operations = [migrations.RunSQL(HOLD, UNDO)]
