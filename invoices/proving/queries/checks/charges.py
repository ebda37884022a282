"""Each charge is what its order line or its price and explanation say."""

from invoices.proving.queries.checks.books import sql_check

_INVOICED = """
SELECT c.seller_id, 'charge ' || c.id,
       CASE WHEN c.invoice_id IS NULL AND u.next_collection_date IS NULL
            THEN format('%%s: stands on no invoice', c.text)
            WHEN c.invoice_id IS NULL
            THEN format('%%s: stands on no invoice, though it was to be collected on %%s',
                        c.text, u.next_collection_date)
            WHEN i.id IS NULL THEN format('%%s: its invoice is not there', c.text)
            WHEN c.customer_id <> i.customer_id OR c.currency <> i.currency
            THEN format('%%s: its customer or currency is not that of %%s', c.text, i.number)
            ELSE format('%%s: its event or transaction is not that of %%s', c.text, i.number) END
FROM invoices_charge c
JOIN unnest(%(sellers)s::uuid[], %(todays)s::date[]) AS t(seller_id, today)
    ON t.seller_id = c.seller_id
LEFT JOIN invoices_invoice i ON i.id = c.invoice_id
LEFT JOIN billing_event e ON e.id = c.event_id
LEFT JOIN billing_event d ON d.id = i.event_id AND d.type = 'customer.day_ended'
LEFT JOIN billing_customer u ON u.id = c.customer_id AND c.invoice_id IS NULL
WHERE CASE
    -- It waits: at the longest for a month, until a day that has not passed.
    WHEN c.invoice_id IS NULL
    THEN NOT coalesce(u.next_collection_date BETWEEN t.today AND t.today + 31, false)
    WHEN i.id IS NULL OR c.customer_id <> i.customer_id OR c.currency <> i.currency THEN true
    -- It was collected: it has an event of its own, of that day or before.
    WHEN d.id IS NOT NULL
    THEN e.as_of_date > d.as_of_date OR c.transaction_id <> e.transaction_id
    ELSE c.event_id <> i.event_id OR c.transaction_id <> i.transaction_id END
"""

_CAUSED = """
SELECT c.seller_id, 'charge ' || c.id,
       CASE WHEN e.id IS NULL THEN c.text || ': its event is not there'
            ELSE format('%%s: its cause is %%s, but its event is %%s of %%s',
                        c.text, c.cause, e.type, e.as_of_date) END
FROM invoices_charge c LEFT JOIN billing_event e ON e.id = c.event_id
WHERE c.seller_id = ANY(%(sellers)s)
  AND c.cause IS DISTINCT FROM CASE e.type
        WHEN 'order.placed' THEN 'order ' || (e.payload->>'order_id')
        WHEN 'subscription.changed' THEN 'change ' || (e.payload->>'change_id')
        WHEN 'period.ended' THEN 'period ' || e.as_of_date
        WHEN 'customer.day_ended' THEN 'period ' || e.as_of_date
        WHEN 'correction.ordered' THEN 'correction ' || (e.payload->>'correction_id')
        WHEN 'contract.reopened' THEN 'correction ' || (e.payload->>'correction_id')
        WHEN 'order.reopened' THEN 'correction ' || (e.payload->>'correction_id')
        WHEN 'usage.recorded' THEN 'usage ' || (e.payload->>'batch_id') END
"""

# Of an order whose event is handled: one charge per line, or none where it rounds to nothing. What
# was taken back to be billed again counts no more; what stays charged of it is owed no more.
_ORDERED = """
WITH handled AS (
    SELECT stream_id AS order_id FROM billing_event
    WHERE type = 'order.placed' AND state = 'handled' AND seller_id = ANY(%(sellers)s)
), compared AS (
    SELECT o.seller_id, o.id AS order_id, o.external_id, o.ordered_on, l.position, l.text,
           l.quantity, l.product_id, c.id AS charge_id, c.priced_minor, c.starts_on,
           c.text AS charged_text, c.quantity AS charged_quantity, c.unit_price AS charged_price,
           c.tax_included AS charged_included,
           count(*) OVER (PARTITION BY l.id) AS n,
           coalesce(l.unit_price, p.amount, p.unit_price) AS unit_price,
           CASE WHEN p.id IS NULL THEN l.tax_included ELSE p.tax_included END AS tax_included,
           coalesce(nullif(l.text, ''), p.text) AS wanted_text, still.minor AS still_minor,
           l.unit_price IS NULL AND NOT coalesce(
               p.product_id = l.product_id AND p.currency = o.currency
               AND p.valid_from <= o.ordered_on
               AND (p.valid_until IS NULL OR o.ordered_on < p.valid_until), false)
               AS is_mispriced,
           round(CASE WHEN p.model = 'flat' THEN p.amount
                      ELSE l.quantity * coalesce(l.unit_price, p.unit_price) END * f.factor)
               AS owed_minor
    FROM handled h JOIN billing_order o ON o.id = h.order_id
    JOIN billing_orderline l ON l.order_id = o.id
    LEFT JOIN invoices_charge c ON c.order_line_id = l.id AND c.corrects_id IS NULL
        AND NOT EXISTS (SELECT FROM invoices_charge t WHERE t.corrects_id = c.id
                        AND NOT t.is_concession)
    LEFT JOIN LATERAL (
        SELECT sum(priced_minor) AS minor FROM invoices_charge
        WHERE order_line_id = l.id AND id <> c.id AND corrects_id IS DISTINCT FROM c.id
          AND NOT is_concession) still ON true
    LEFT JOIN LATERAL (
        SELECT * FROM billing_price
        WHERE l.unit_price IS NULL AND (
            id = c.price_id
            OR c.id IS NULL AND product_id = l.product_id AND currency = o.currency
               AND valid_from <= o.ordered_on
               AND (valid_until IS NULL OR o.ordered_on < valid_until))
        LIMIT 1) p ON true
    LEFT JOIN unnest(%(currencies)s::text[], %(factors)s::numeric[]) AS f(currency, factor)
        ON f.currency = o.currency
)
SELECT seller_id,
       format('order %%s, line %%s', coalesce(external_id, order_id::text), position),
       CASE WHEN charge_id IS NULL THEN 'is handled, but not charged'
            WHEN n > 1 THEN format('is charged %%s times', n)
            WHEN is_mispriced THEN 'is not charged at a price of its product, currency and day'
            WHEN priced_minor IS DISTINCT FROM owed_minor - coalesce(still_minor, 0)
            THEN format('is charged %%s minor units, but owes %%s', priced_minor,
                        owed_minor - coalesce(still_minor, 0))
            ELSE format('charge %%s has another text, quantity, unit price, day or tax terms',
                        charge_id) END
FROM compared
WHERE n > 1
   OR charge_id IS NULL AND NOT coalesce(owed_minor = coalesce(still_minor, 0), false)
      AND NOT EXISTS (
          SELECT FROM billing_event e WHERE e.stream_id = order_id AND e.type = 'order.reopened'
          AND e.seller_id = compared.seller_id AND e.state <> 'handled')
   OR charge_id IS NOT NULL AND (
       is_mispriced OR priced_minor IS DISTINCT FROM owed_minor - coalesce(still_minor, 0)
       OR (charged_text, charged_quantity, charged_price, charged_included, starts_on)
          IS DISTINCT FROM (wanted_text, quantity, unit_price, tax_included, ordered_on))
"""

_NOTHING_BESIDES = """
SELECT c.seller_id, 'charge ' || c.id,
       CASE WHEN l.id IS NULL THEN c.text || ': its order line is not there'
            ELSE format('%%s: its event is not that of order %%s', c.text, l.order_id) END
FROM invoices_charge c
LEFT JOIN billing_orderline l ON l.id = c.order_line_id
LEFT JOIN billing_event e ON e.id = c.event_id
WHERE c.order_line_id IS NOT NULL AND c.corrects_id IS NULL AND c.seller_id = ANY(%(sellers)s)
  AND (e.payload->>'order_id') IS DISTINCT FROM l.order_id::text
"""

# amount = owed - charged before. Owed is the exact amount rounded half up once; that is shown to
# twelve places, which may hide on which side of a half it lies. Of a minimum commitment owed is
# what is missing. Where nothing else has a say, the exact amount is (full price - begun) x share,
# and the full price that of the unit price and the quantity. The tag names what makes a price other
# than it is listed. Owed is at least what was conceded: that was given back already.
_EXPLAINED = """
WITH explained AS (
    SELECT c.*, x.*, c.is_credit AND coalesce(x.rate_changed, false) AS is_taken_back,
           p.currency AS listed_in, p.tax_included AS listed_included, f.factor,
           c.plan_id IS NOT NULL AS is_commitment,
           p.model IN ('flat', 'per_unit') AND p.kind <> 'usage' AND c.plan_id IS NULL
               AND c.tag !~ 'index' AS is_simple,
           x.minimum IS NULL AND x.maximum IS NULL AND x.discounts IS NULL AS is_unbounded,
           CASE p.model WHEN 'flat' THEN p.amount WHEN 'per_unit' THEN p.unit_price END AS listed,
           c.unit_price * CASE p.model WHEN 'per_unit' THEN greatest(c.quantity, 0) ELSE 1 END
               AS full_by_unit
    FROM invoices_charge c
    CROSS JOIN LATERAL jsonb_to_record(c.explanation) AS x(
        owed_minor bigint, charged_before_minor bigint, counted_minor bigint,
        conceded_minor bigint, exact_amount numeric,
        full_price numeric, begun_price numeric, share_used numeric, share_whole numeric,
        minimum numeric, maximum numeric, discounts jsonb, rate_changed boolean)
    LEFT JOIN billing_price p ON p.id = coalesce(c.price_id, (
        SELECT id FROM billing_price WHERE plan_id = c.plan_id AND currency = c.currency
        ORDER BY id LIMIT 1))
    LEFT JOIN unnest(%(currencies)s::text[], %(factors)s::numeric[]) AS f(currency, factor)
        ON f.currency = c.currency
    WHERE c.subscription_id IS NOT NULL AND c.corrects_id IS NULL
      AND c.seller_id = ANY(%(sellers)s)
), judged AS (
    SELECT *,
           listed_in <> currency OR listed_included <> tax_included
               OR tag !~ '(override|index)' AND NOT is_commitment
                  AND unit_price IS DISTINCT FROM listed AS is_otherwise_listed,
           is_simple AND full_price IS NOT NULL AND NOT is_taken_back
               AND (full_price <> round(full_by_unit, 12)
                    OR is_unbounded AND owed_minor IS DISTINCT FROM greatest(conceded_minor, div(
                        2 * greatest(full_by_unit - begun_price, 0) * share_used * factor
                            + share_whole,
                        2 * share_whole))) AS is_otherwise_shared,
           CASE WHEN exact_amount IS NULL OR is_taken_back
                THEN owed_minor <> coalesce(conceded_minor, 0)
                WHEN is_commitment THEN owed_minor IS DISTINCT FROM greatest(
                    round(exact_amount * factor) - counted_minor, conceded_minor, 0)
                ELSE NOT coalesce(
                    owed_minor BETWEEN
                        greatest(round((exact_amount - 1e-12) * factor), conceded_minor)
                        AND greatest(round((exact_amount + 1e-12) * factor), conceded_minor), false)
                END AS is_otherwise_rounded
    FROM explained
)
SELECT seller_id, 'charge ' || id,
       CASE WHEN listed_in IS NULL THEN text || ': its price is not there'
            WHEN is_otherwise_listed
            THEN format('%%s: unit price, currency or tax terms are not those of its price', text)
            WHEN priced_minor IS DISTINCT FROM owed_minor - charged_before_minor
            THEN format('%%s: charged %%s minor units, explained as %%s owed less %%s charged',
                        text, priced_minor, owed_minor, charged_before_minor)
            WHEN is_otherwise_shared
            THEN format('%%s: %%s of %%s of %%s is not the %%s minor units owed',
                        text, share_used, share_whole, full_price, owed_minor)
            WHEN is_credit <> (priced_minor < 0)
            THEN format('%%s: it is a credit where it charges, or the other way round', text)
            ELSE format('%%s: %%s is not the %%s minor units owed', text, exact_amount, owed_minor)
            END
FROM judged
WHERE listed_in IS NULL OR is_otherwise_listed OR is_otherwise_shared OR is_otherwise_rounded
   OR priced_minor IS DISTINCT FROM owed_minor - charged_before_minor
   OR is_credit <> (priced_minor < 0)
"""

CHECKS = (
    sql_check(
        name="charges_invoiced",
        says="each charge stands on its invoice",
        of="charges",
        sql=_INVOICED,
    ),
    sql_check(name="charges_caused", says="each charge names its cause", of="charges", sql=_CAUSED),
    sql_check(
        name="orders_charged",
        says="each order line is charged once, at quantity x price",
        of="orders",
        sql=_ORDERED,
    ),
    sql_check(
        name="order_charges_owed",
        says="each charge of an order has its line",
        of="charges",
        sql=_NOTHING_BESIDES,
    ),
    sql_check(
        name="charges_explained",
        says="each charge of a subscription is what it explains",
        of="charges",
        sql=_EXPLAINED,
    ),
)
