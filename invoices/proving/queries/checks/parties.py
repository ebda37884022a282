"""Invoices belong to one event, to their order or contract, and to one seller."""

from invoices.proving.queries.checks.books import sql_check

_OF_EVENT = """
SELECT i.seller_id, 'invoice ' || i.number,
       CASE WHEN e.id IS NULL THEN 'its event is not there'
            WHEN e.state <> 'handled' THEN format('its event %%s is %%s', e.id, e.state)
            WHEN e.type <> ALL(%(flow_types)s::text[])
            THEN format('its event %%s is a %%s: nothing that is billed', e.id, e.type)
            WHEN i.transaction_id <> e.transaction_id
            THEN 'its transaction id is not that of its event'
            ELSE 'another invoice has the same event' END
FROM (SELECT *, count(*) OVER (PARTITION BY event_id, currency) AS n FROM invoices_invoice
      WHERE seller_id = ANY(%(sellers)s)) i
LEFT JOIN billing_event e ON e.id = i.event_id
WHERE e.id IS NULL OR e.state <> 'handled' OR i.transaction_id <> e.transaction_id OR i.n > 1
   OR e.type <> ALL(%(flow_types)s::text[])
"""

# Its charges may wait, or have been collected onto an invoice of another event.
_ORDERS_INVOICED = """
SELECT e.seller_id, 'order ' || coalesce(o.external_id, o.id::text),
       format('its event %%s is handled, but it has no invoice', e.id)
FROM billing_event e
JOIN billing_order o ON o.id = e.stream_id
LEFT JOIN invoices_invoice i ON i.event_id = e.id
LEFT JOIN unnest(%(currencies)s::text[], %(factors)s::numeric[]) AS f(currency, factor)
    ON f.currency = o.currency
WHERE e.type = 'order.placed' AND e.state = 'handled' AND i.id IS NULL
  AND e.seller_id = ANY(%(sellers)s)
  AND NOT EXISTS (
      SELECT FROM invoices_charge c LEFT JOIN invoices_invoice x ON x.id = c.invoice_id
      WHERE c.transaction_id = e.transaction_id AND c.event_id = e.id
        AND (c.invoice_id IS NULL OR x.id IS NOT NULL))
  AND EXISTS (
      SELECT FROM billing_orderline l
      LEFT JOIN billing_price p ON l.unit_price IS NULL AND p.product_id = l.product_id
          AND p.currency = o.currency AND p.valid_from <= o.ordered_on
          AND (p.valid_until IS NULL OR o.ordered_on < p.valid_until)
      WHERE l.order_id = o.id
        AND round(CASE WHEN p.model = 'flat' THEN p.amount
                       ELSE l.quantity * coalesce(l.unit_price, p.unit_price) END * f.factor) <> 0)
"""

_OF_PARTIES = """
SELECT i.seller_id, 'invoice ' || i.number,
       CASE WHEN e.type = 'correction.ordered'
            THEN 'it names another contract, customer or currency than what it corrects'
            WHEN e.type IN ('order.placed', 'order.reopened') AND o.id IS NULL
            THEN 'its order is not there'
            WHEN e.type IN ('order.placed', 'order.reopened')
            THEN 'it names another customer or currency than its order'
            WHEN e.type = 'customer.day_ended'
            THEN 'it names another customer or contract than its event and lines'
            WHEN c.id IS NULL THEN 'its contract is not there'
            ELSE 'it names another contract, customer or currency than its event' END
FROM invoices_invoice i JOIN billing_event e ON e.id = i.event_id
LEFT JOIN billing_order o ON e.type IN ('order.placed', 'order.reopened') AND o.id = e.stream_id
LEFT JOIN invoices_invoice b ON e.type = 'correction.ordered' AND b.id = e.stream_id
LEFT JOIN billing_customer k ON e.type = 'customer.day_ended' AND k.id = e.stream_id
LEFT JOIN billing_contract c
    ON e.type NOT IN ('order.placed', 'order.reopened', 'customer.day_ended', 'correction.ordered')
    AND c.id = e.stream_id
-- Of what was collected, the contract that all lines are of.
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT s.contract_id) AS contracts
    FROM invoices_charge l LEFT JOIN billing_subscription s ON s.id = l.subscription_id
    WHERE l.invoice_id = i.id
) w ON k.id IS NOT NULL
WHERE i.seller_id = ANY(%(sellers)s)
  AND ((i.customer_id, i.currency, i.contract_id) IS DISTINCT FROM
       (coalesce(o.customer_id, c.customer_id, b.customer_id, k.id),
        CASE WHEN k.id IS NULL THEN coalesce(o.currency, c.currency, b.currency)
             ELSE i.currency END,
        CASE WHEN k.id IS NULL THEN coalesce(c.id, b.contract_id)
             WHEN cardinality(w.contracts) = 1 THEN w.contracts[1] END))
"""

_OF_SELLER = """
SELECT i.seller_id, 'invoice ' || i.number,
       concat_ws(', ',
           CASE WHEN s.seller_id <> i.seller_id THEN 'its series' END,
           CASE WHEN e.seller_id <> i.seller_id THEN 'its event' END,
           CASE WHEN c.seller_id <> i.seller_id THEN 'its customer' END,
           CASE WHEN k.seller_id <> i.seller_id THEN 'its contract' END)
       || ' is of another seller'
FROM invoices_invoice i
LEFT JOIN invoices_numberseries s ON s.id = i.series_id
LEFT JOIN billing_event e ON e.id = i.event_id
LEFT JOIN billing_customer c ON c.id = i.customer_id
LEFT JOIN billing_contract k ON k.id = i.contract_id
WHERE i.seller_id = ANY(%(sellers)s)
  AND i.seller_id <> ANY(array_remove(
        ARRAY[s.seller_id, e.seller_id, c.seller_id, k.seller_id], NULL))
UNION ALL
SELECT c.seller_id, 'charge ' || c.id,
       concat_ws(', ',
           CASE WHEN i.seller_id <> c.seller_id THEN 'its invoice' END,
           CASE WHEN e.seller_id <> c.seller_id THEN 'its event' END,
           CASE WHEN k.seller_id <> c.seller_id THEN 'its customer' END,
           CASE WHEN s.seller_id <> c.seller_id THEN 'its subscription' END,
           CASE WHEN p.seller_id <> c.seller_id THEN 'its price' END,
           CASE WHEN m.seller_id <> c.seller_id THEN 'its plan' END,
           CASE WHEN l.seller_id <> c.seller_id THEN 'its order line' END,
           CASE WHEN b.seller_id <> c.seller_id THEN 'what it corrects' END)
       || ' is of another seller'
FROM invoices_charge c
LEFT JOIN invoices_invoice i ON i.id = c.invoice_id
LEFT JOIN billing_event e ON e.id = c.event_id
LEFT JOIN billing_customer k ON k.id = c.customer_id
LEFT JOIN billing_subscription s ON s.id = c.subscription_id
LEFT JOIN billing_price p ON p.id = c.price_id
LEFT JOIN billing_plan m ON m.id = c.plan_id
LEFT JOIN billing_orderline l ON l.id = c.order_line_id
LEFT JOIN invoices_charge b ON b.id = c.corrects_id
WHERE c.seller_id = ANY(%(sellers)s)
  AND c.seller_id <> ANY(array_remove(ARRAY[
        i.seller_id, e.seller_id, k.seller_id, s.seller_id, p.seller_id, m.seller_id,
        l.seller_id, b.seller_id], NULL))
UNION ALL
SELECT k.seller_id, 'correction ' || k.id, 'its invoice or a line of it is of another seller'
FROM invoices_correction k JOIN invoices_invoice i ON i.id = k.invoice_id
LEFT JOIN invoices_correctionline l ON l.correction_id = k.id AND l.seller_id <> k.seller_id
WHERE k.seller_id = ANY(%(sellers)s) AND (i.seller_id <> k.seller_id OR l.id IS NOT NULL)
UNION ALL
SELECT a.seller_id, 'attempt ' || a.id, 'its event is of another seller'
FROM billing_attempt a JOIN billing_event e ON e.id = a.event_id
WHERE a.seller_id = ANY(%(sellers)s) AND e.seller_id <> a.seller_id
UNION ALL
SELECT f.seller_id, 'failure ' || f.id, 'its event is of another seller'
FROM billing_failure f JOIN billing_event e ON e.id = f.event_id
WHERE f.seller_id = ANY(%(sellers)s) AND e.seller_id <> f.seller_id
UNION ALL
SELECT o.seller_id, 'order ' || coalesce(o.external_id, o.id::text),
       CASE WHEN c.seller_id <> o.seller_id THEN 'its customer' ELSE 'a line of it' END
       || ' is of another seller'
FROM billing_order o JOIN billing_customer c ON c.id = o.customer_id
LEFT JOIN billing_orderline l ON l.order_id = o.id AND l.seller_id <> o.seller_id
WHERE o.seller_id = ANY(%(sellers)s) AND (c.seller_id <> o.seller_id OR l.id IS NOT NULL)
UNION ALL
SELECT s.seller_id, 'subscription ' || coalesce(s.external_id, s.id::text),
       'its contract, customer or a change of it is of another seller'
FROM billing_subscription s
JOIN billing_contract k ON k.id = s.contract_id JOIN billing_customer c ON c.id = k.customer_id
LEFT JOIN billing_subscriptionchange h ON h.subscription_id = s.id AND h.seller_id <> s.seller_id
WHERE s.seller_id = ANY(%(sellers)s)
  AND (k.seller_id <> s.seller_id OR c.seller_id <> s.seller_id OR h.id IS NOT NULL)
"""

CHECKS = (
    sql_check(
        name="invoices_of_one_event",
        says="each invoice belongs to exactly one handled event",
        of="invoices",
        sql=_OF_EVENT,
    ),
    sql_check(
        name="orders_invoiced",
        says="each handled order has its invoice",
        of="orders",
        sql=_ORDERS_INVOICED,
    ),
    sql_check(
        name="parties_agree",
        says="each invoice names the customer of its order or contract",
        of="invoices",
        sql=_OF_PARTIES,
    ),
    sql_check(name="sellers_apart", says="sellers don't mix", of="charges", sql=_OF_SELLER),
)
