"""Numbers without gap, in order of date, each document chained to the one before."""

from invoices.proving.queries.checks.books import sql_check

_GAPLESS = """
WITH numbered AS (
    SELECT seller_id, series_id, number, sequence,
           coalesce(lag(sequence) OVER w, 0) AS before
    FROM invoices_invoice WHERE seller_id = ANY(%(sellers)s)
    WINDOW w AS (PARTITION BY series_id ORDER BY sequence)
)
SELECT n.seller_id, 'invoice ' || n.number,
       CASE WHEN n.sequence <= n.before
            THEN format('has the sequence %%s, as the one before it', n.sequence)
            WHEN n.sequence = n.before + 2
            THEN format('number %%s of %%s %%s is missing before it',
                        n.before + 1, s.kind, s.year)
            ELSE format('numbers %%s to %%s of %%s %%s are missing before it',
                        n.before + 1, n.sequence - 1, s.kind, s.year) END
FROM numbered n LEFT JOIN invoices_numberseries s ON s.id = n.series_id
WHERE n.sequence <> n.before + 1
"""

_COUNTERS = """
SELECT s.seller_id, format('series %%s %%s', s.kind, s.year),
       concat_ws('; ',
           CASE WHEN s.latest_sequence <> coalesce(i.sequence, 0)
                THEN format('its counter stands at %%s, its latest document is %%s',
                            s.latest_sequence, coalesce(i.number, 'none')) END,
           CASE WHEN s.latest_date IS DISTINCT FROM i.issue_date
                THEN format('its latest date is %%s, that of its latest document is %%s',
                            s.latest_date, i.issue_date) END,
           CASE WHEN s.latest_hash IS DISTINCT FROM coalesce(i.hash, repeat('0', 64))
                THEN 'its latest hash is not that of its latest document' END)
FROM invoices_numberseries s
LEFT JOIN LATERAL (SELECT sequence, number, issue_date, hash FROM invoices_invoice
                   WHERE series_id = s.id ORDER BY sequence DESC LIMIT 1) i ON true
WHERE s.seller_id = ANY(%(sellers)s)
  AND (s.latest_sequence, s.latest_date, s.latest_hash) IS DISTINCT FROM
      (coalesce(i.sequence, 0), i.issue_date, coalesce(i.hash, repeat('0', 64)))
"""

_DATES = """
WITH dated AS (
    SELECT seller_id, series_id, number, kind, issue_date, lag(issue_date) OVER w AS before
    FROM invoices_invoice WHERE seller_id = ANY(%(sellers)s)
    WINDOW w AS (PARTITION BY series_id ORDER BY sequence)
)
SELECT d.seller_id, 'invoice ' || d.number,
       CASE WHEN d.issue_date < d.before
            THEN format('is dated %%s, the one before it %%s', d.issue_date, d.before)
            WHEN s.id IS NULL THEN 'belongs to a series that is not there'
            ELSE format('is a %%s of %%s, but stands in the series %%s %%s',
                        d.kind, d.issue_date, s.kind, s.year) END
FROM dated d LEFT JOIN invoices_numberseries s ON s.id = d.series_id
WHERE d.issue_date < d.before OR s.id IS NULL OR s.kind <> d.kind
   OR s.year <> extract(year FROM d.issue_date)
"""

_UNIQUE = """
SELECT seller_id, 'invoice ' || number, format('%%s documents have this number', count(*))
FROM invoices_invoice WHERE seller_id = ANY(%(sellers)s)
GROUP BY seller_id, number HAVING count(*) > 1
"""

_CHAIN = """
WITH chained AS (
    SELECT seller_id, number, previous_hash,
           lag(hash, 1, repeat('0', 64)::varchar) OVER w AS before,
           lag(number) OVER w AS predecessor
    FROM invoices_invoice WHERE seller_id = ANY(%(sellers)s)
    WINDOW w AS (PARTITION BY series_id ORDER BY sequence)
)
SELECT seller_id, 'invoice ' || number,
       format('the chain is broken: it does not hold the hash of %%s',
              coalesce(predecessor, 'the beginning'))
FROM chained WHERE previous_hash <> before
"""

CHECKS = (
    sql_check(name="numbers_gapless", says="numbers run 1 to n", of="invoices", sql=_GAPLESS),
    sql_check(
        name="counters_agree",
        says="each series' counter is that of its latest document",
        of="series",
        sql=_COUNTERS,
    ),
    sql_check(name="dates_in_order", says="dates follow numbers", of="invoices", sql=_DATES),
    sql_check(name="numbers_unique", says="no number twice", of="invoices", sql=_UNIQUE),
    sql_check(
        name="chain_unbroken",
        says="each document holds the hash of the one before",
        of="invoices",
        sql=_CHAIN,
    ),
)
