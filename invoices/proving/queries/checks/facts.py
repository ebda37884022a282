"""Every fact has its event, and every event its fact."""

from invoices.proving.queries.checks.books import sql_check

_ORDERS = """
SELECT coalesce(o.seller_id, e.seller_id),
       CASE WHEN o.id IS NULL THEN 'event ' || e.id
            ELSE 'order ' || coalesce(o.external_id, o.id::text) END,
       CASE WHEN o.id IS NULL THEN 'tells of an order that is not there: ' || e.order_id
            WHEN coalesce(e.n, 0) = 0 THEN 'no event tells of it: it is not billed'
            ELSE format('%%s events tell of it', e.n) END
FROM (SELECT * FROM billing_order WHERE seller_id = ANY(%(sellers)s)) o
FULL JOIN (
    SELECT seller_id, payload->>'order_id' AS order_id, count(*) AS n, min(id::text) AS id
    FROM billing_event WHERE type = 'order.placed' AND seller_id = ANY(%(sellers)s) GROUP BY 1, 2
) e ON e.order_id = o.id::text AND e.seller_id = o.seller_id
WHERE o.id IS NULL OR e.n IS DISTINCT FROM 1
"""

_CHANGES = """
SELECT coalesce(c.seller_id, e.seller_id),
       CASE WHEN c.id IS NULL THEN 'event ' || e.id ELSE 'subscription change ' || c.id END,
       CASE WHEN c.id IS NULL THEN 'tells of a change that is not there: ' || e.change_id
            WHEN coalesce(e.n, 0) = 0 THEN
                format('no event tells of the %%s on %%s', c.kind, c.effective_on)
            ELSE format('%%s events tell of it', e.n) END
FROM (SELECT * FROM billing_subscriptionchange WHERE seller_id = ANY(%(sellers)s)) c
FULL JOIN (
    SELECT seller_id, payload->>'change_id' AS change_id, count(*) AS n, min(id::text) AS id
    FROM billing_event
    WHERE type = 'subscription.changed' AND seller_id = ANY(%(sellers)s) GROUP BY 1, 2
) e ON e.change_id = c.id::text AND e.seller_id = c.seller_id
WHERE c.id IS NULL OR e.n IS DISTINCT FROM 1
"""

_CORRECTIONS = """
SELECT coalesce(k.seller_id, e.seller_id),
       CASE WHEN k.id IS NULL THEN 'event ' || e.id
            ELSE format('correction %%s of %%s', k.id, i.number) END,
       CASE WHEN k.id IS NULL THEN 'tells of a correction that is not there: ' || e.correction_id
            WHEN coalesce(e.n, 0) = 0 THEN 'no event tells of it: it makes no credit note'
            ELSE format('%%s events tell of it', e.n) END
FROM (SELECT * FROM invoices_correction WHERE seller_id = ANY(%(sellers)s)) k
LEFT JOIN invoices_invoice i ON i.id = k.invoice_id
FULL JOIN (
    SELECT seller_id, payload->>'correction_id' AS correction_id, count(*) AS n, min(id::text) AS id
    FROM billing_event
    WHERE type = 'correction.ordered' AND seller_id = ANY(%(sellers)s) GROUP BY 1, 2
) e ON e.correction_id = k.id::text AND e.seller_id = k.seller_id
WHERE k.id IS NULL OR e.n IS DISTINCT FROM 1
"""

_PERIODS = """
SELECT c.seller_id, 'contract ' || coalesce(c.external_id, c.id::text),
       CASE WHEN e.is_open IS NULL
            THEN format('is due since %%s, but no event tells of it: start the scheduler',
                        c.next_billing_date)
            ELSE format('is stuck: its next day is %%s, but that day is settled already',
                        c.next_billing_date) END
FROM billing_contract c
JOIN unnest(%(sellers)s::uuid[], %(todays)s::date[]) AS t(seller_id, today)
    ON t.seller_id = c.seller_id
JOIN billing_customer u ON u.id = c.customer_id
LEFT JOIN LATERAL (
    SELECT bool_or(state IN ('waiting', 'failed')) AS is_open FROM billing_event
    WHERE seller_id = c.seller_id AND idempotency_key = ANY(ARRAY[
        format('period.ended:%%s:%%s', c.id, c.next_billing_date),
        CASE WHEN u.grouping <> 'per_event'
             THEN format('customer.day_ended:%%s:%%s', u.id, c.next_billing_date) END])
) e ON true
-- Where charges are collected, a day comes due when it has ended.
WHERE c.next_billing_date <= t.today - (u.grouping <> 'per_event')::int
  AND NOT coalesce(e.is_open, false)
"""

_INVOICES = """
SELECT coalesce(i.seller_id, e.seller_id),
       CASE WHEN i.id IS NULL THEN 'event ' || e.id ELSE 'invoice ' || i.number END,
       CASE WHEN i.id IS NULL THEN 'tells of an invoice that is not there: ' || e.stream_id
            WHEN coalesce(e.n, 0) = 0 THEN 'no event tells that it was issued'
            ELSE format('%%s events tell that it was issued', e.n) END
FROM (SELECT * FROM invoices_invoice WHERE seller_id = ANY(%(sellers)s)) i
FULL JOIN (
    SELECT seller_id, stream_id, count(*) AS n, min(id::text) AS id
    FROM billing_event WHERE type = 'invoice.issued' AND seller_id = ANY(%(sellers)s) GROUP BY 1, 2
) e ON e.stream_id = i.id AND e.seller_id = i.seller_id
WHERE i.id IS NULL OR e.n IS DISTINCT FROM 1
"""

CHECKS = (
    sql_check(name="orders_told", says="each order has its event", of="orders", sql=_ORDERS),
    sql_check(name="changes_told", says="each change has its event", of="changes", sql=_CHANGES),
    sql_check(
        name="corrections_told",
        says="each correction has its event",
        of="corrections",
        sql=_CORRECTIONS,
    ),
    sql_check(
        name="due_told",
        says="each contract that is due has its event",
        of="contracts",
        sql=_PERIODS,
    ),
    sql_check(
        name="invoices_told", says="each invoice has its event", of="invoices", sql=_INVOICES
    ),
)
