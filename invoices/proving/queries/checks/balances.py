"""Balances: each lot holds, and what invoices say of them is what was moved."""

from invoices.proving.queries.checks.books import sql_check

_LOTS = """
SELECT l.seller_id, 'lot ' || l.id,
       CASE WHEN l.amount_minor + t.taken < 0
            THEN format('held %%s minor units, but %%s were taken from it', l.amount_minor,
                        -t.taken)
            WHEN t.strangers > 0
            THEN format('%%s movements of another customer or currency take from it', t.strangers)
            ELSE format('says that %%s minor units are left of it, but %%s are',
                        l.rest_minor, l.amount_minor + t.taken) END
FROM invoices_balancemovement l
CROSS JOIN LATERAL (
    SELECT coalesce(sum(m.amount_minor), 0) AS taken,
           count(*) FILTER (WHERE (m.seller_id, m.customer_id, m.currency)
                            IS DISTINCT FROM (l.seller_id, l.customer_id, l.currency)) AS strangers
    FROM invoices_balancemovement m WHERE m.lot_id = l.id) t
WHERE l.lot_id IS NULL AND l.seller_id = ANY(%(sellers)s)
  AND (l.amount_minor + t.taken < 0 OR t.strangers > 0
       OR l.rest_minor IS DISTINCT FROM l.amount_minor + t.taken)
UNION ALL
SELECT m.seller_id, 'movement ' || m.id, 'the lot that it takes from is not there'
FROM invoices_balancemovement m
WHERE m.lot_id IS NOT NULL AND m.seller_id = ANY(%(sellers)s)
  AND NOT EXISTS (SELECT FROM invoices_balancemovement l WHERE l.id = m.lot_id AND l.lot_id IS NULL)
"""

_APPLIED = """
WITH applied AS (
    SELECT invoice_id, seller_id, customer_id, currency, transaction_id, -sum(amount_minor) AS minor
    FROM invoices_balancemovement
    WHERE kind = 'applied' AND seller_id = ANY(%(sellers)s)
    GROUP BY 1, 2, 3, 4, 5
)
SELECT coalesce(i.seller_id, a.seller_id),
       coalesce('invoice ' || i.number, 'movements of invoice ' || a.invoice_id),
       CASE WHEN i.id IS NULL THEN format('%%s minor units are applied to no invoice', a.minor)
            WHEN a.minor IS DISTINCT FROM i.prepaid_minor
            THEN format('says that %%s minor units are prepaid, but %%s were applied to it',
                        i.prepaid_minor, coalesce(a.minor, 0))
            ELSE 'the balance of another customer, currency or transaction was applied to it' END
FROM (SELECT * FROM invoices_invoice WHERE seller_id = ANY(%(sellers)s)) i
FULL JOIN applied a ON a.invoice_id = i.id
WHERE coalesce(a.minor, 0) <> coalesce(i.prepaid_minor, 0)
   OR a.invoice_id IS NOT NULL AND (a.customer_id, a.currency, a.transaction_id)
      IS DISTINCT FROM (i.customer_id, i.currency, i.transaction_id)
"""

_CREDITED = """
SELECT m.seller_id, coalesce('credit note ' || i.number, 'movement ' || m.id),
       CASE WHEN i.id IS NULL THEN 'the credit note that it is of is not there'
            WHEN count(*) OVER (PARTITION BY m.invoice_id) > 1 THEN 'is booked more than once'
            ELSE format('gives back %%s minor units, but %%s were booked',
                        -i.gross_minor - i.settled_minor, m.amount_minor) END
FROM invoices_balancemovement m LEFT JOIN invoices_invoice i ON i.id = m.invoice_id
WHERE m.kind = 'credit_note' AND m.seller_id = ANY(%(sellers)s)
  AND (i.id IS NULL OR i.kind <> 'credit_note'
       OR -i.gross_minor - i.settled_minor <> m.amount_minor
       OR (i.customer_id, i.currency, i.transaction_id)
          IS DISTINCT FROM (m.customer_id, m.currency, m.transaction_id)
       OR EXISTS (SELECT FROM invoices_balancemovement o
                  WHERE o.kind = 'credit_note' AND o.invoice_id = m.invoice_id AND o.id <> m.id))
"""

_TOLD = """
SELECT m.seller_id, 'movement ' || m.id, format('%%s, but no event tells of it', m.kind)
FROM invoices_balancemovement m
WHERE m.seller_id = ANY(%(sellers)s)
  AND NOT EXISTS (SELECT FROM billing_event e
                  WHERE e.transaction_id = m.transaction_id AND e.seller_id = m.seller_id)
UNION ALL
SELECT e.seller_id, 'event ' || e.id, format('%%s, but its movement is not there', e.type)
FROM billing_event e
WHERE e.type IN ('balance.changed', 'balance.expired') AND e.seller_id = ANY(%(sellers)s)
  AND NOT EXISTS (SELECT FROM invoices_balancemovement m
                  WHERE m.id::text = e.payload->>'movement_id')
"""

CHECKS = (
    sql_check(
        name="balances_hold",
        says="each lot of a balance holds what was not taken from it, and at least nothing",
        of="movements",
        sql=_LOTS,
    ),
    sql_check(
        name="balances_applied",
        says="what an invoice says is prepaid was applied to it",
        of="invoices",
        sql=_APPLIED,
    ),
    sql_check(
        name="credit_notes_booked",
        says="each credit note that went to a balance is booked once, in full",
        of="movements",
        sql=_CREDITED,
    ),
    sql_check(
        name="movements_told",
        says="each movement of a balance belongs to a story",
        of="movements",
        sql=_TOLD,
    ),
)
