"""Usage adds up: every bucket is what its records come to, and nothing that was sent is lost."""

from billing.usage.queries.rolled_up import BUCKETS, DISTINCT
from invoices.proving.queries.checks.books import sql_check

_FIGURES = "count, total, amount, highest, latest_at, latest_key, latest, weighted"

_BUCKETS = f"""
WITH stored AS (
    SELECT seller_id, subscription_id, meter_id, day, recorded_on, properties, {_FIGURES}
    FROM billing_usagebucket WHERE seller_id = ANY(%(sellers)s)
), proven AS ({BUCKETS})
SELECT seller_id, 'usage of subscription ' || subscription_id,
       format('%%s of meter %%s, properties %%s, known since %%s: %%s', day, meter_id, properties,
              recorded_on,
              CASE WHEN s.count IS NULL THEN 'its bucket is not there: manage.py rebuild_usage'
                   WHEN p.count IS NULL THEN 'a bucket without records: manage.py rebuild_usage'
                   ELSE format('%%s records come to %%s, but its bucket says %%s and %%s: '
                               'manage.py rebuild_usage', p.count, trim_scale(p.total), s.count,
                               trim_scale(s.total)) END)
FROM stored s
FULL JOIN proven p USING (seller_id, subscription_id, meter_id, day, recorded_on, properties)
WHERE (s.count, s.total, s.amount, s.highest, s.latest_at, s.latest_key, s.latest, s.weighted)
    IS DISTINCT FROM
      (p.count, p.total, p.amount, p.highest, p.latest_at, p.latest_key, p.latest, p.weighted)
"""  # noqa: S608  No text of a caller.

_DISTINCT = f"""
WITH stored AS (
    SELECT seller_id, subscription_id, meter_id, day, recorded_on, properties_id, value
    FROM billing_usagedistinct WHERE seller_id = ANY(%(sellers)s)
), proven AS ({DISTINCT})
SELECT seller_id, 'usage of subscription ' || subscription_id,
       format('%%s of meter %%s: the distinct value %%s %%s: manage.py rebuild_usage', day,
              meter_id, value, problem)
FROM (
    (SELECT *, 'is not there' AS problem FROM proven EXCEPT ALL
     SELECT *, 'is not there' FROM stored)
    UNION ALL
    (SELECT *, 'has no record' FROM stored EXCEPT ALL SELECT *, 'has no record' FROM proven)
) AS wrong
"""  # noqa: S608

# The key of each record and of each waiting one, and the other way round.
_KEYS = """
WITH taken AS (
    SELECT r.seller_id, m.code AS meter_code, r.key
    FROM billing_usagerecord r JOIN billing_meter m ON m.id = r.meter_id
    WHERE r.seller_id = ANY(%(sellers)s)
    UNION ALL
    SELECT seller_id, meter_code, key FROM billing_unattributedrecord
    WHERE seller_id = ANY(%(sellers)s) AND attributed_at IS NULL
), counted AS (
    SELECT seller_id, meter_code COLLATE "C" AS meter_code, key, count(*) AS n
    FROM taken GROUP BY 1, 2, 3
)
SELECT coalesce(k.seller_id, c.seller_id),
       format('key %%s of meter %%s', coalesce(k.key, c.key),
              coalesce(k.meter_code, c.meter_code)),
       CASE WHEN k.key IS NULL THEN 'was never claimed, but a record has it'
            WHEN c.n IS NULL THEN 'was claimed, but its record is lost'
            ELSE format('%%s records have it', c.n) END
FROM (SELECT * FROM billing_usagekey WHERE seller_id = ANY(%(sellers)s)) k
FULL JOIN counted c USING (seller_id, meter_code, key)
WHERE c.n IS DISTINCT FROM 1 OR k.key IS NULL
"""

_WAITING = """
SELECT u.seller_id, 'unattributed usage ' || u.named,
       format('says that %%s records wait, but %%s do', u.waiting, coalesce(r.n, 0))
FROM billing_unattributedusage u
LEFT JOIN billing_event e ON e.id = u.event_id
LEFT JOIN (SELECT event_id, count(*) AS n FROM billing_unattributedrecord
           WHERE attributed_at IS NULL GROUP BY event_id) r ON r.event_id = u.event_id
WHERE u.seller_id = ANY(%(sellers)s) AND u.waiting <> coalesce(r.n, 0)
UNION ALL
SELECT r.seller_id, 'unattributed record ' || r.key, 'waits, but its event is ' || e.state
FROM billing_unattributedrecord r JOIN billing_event e ON e.id = r.event_id
WHERE r.seller_id = ANY(%(sellers)s) AND r.attributed_at IS NULL
  AND e.state NOT IN ('waiting', 'failed', 'written_off')
"""

_SELLERS = """
SELECT b.seller_id, 'usage of subscription ' || b.subscription_id,
       'its meter or subscription is of another seller'
FROM billing_usagebucket b
JOIN billing_meter m ON m.id = b.meter_id
JOIN billing_subscription s ON s.id = b.subscription_id
WHERE b.seller_id = ANY(%(sellers)s)
  AND (m.seller_id <> b.seller_id OR s.seller_id <> b.seller_id)
"""

CHECKS = (
    sql_check(
        name="usage_adds_up",
        says="each bucket of usage is what its records come to",
        of="usage records",
        sql=_BUCKETS,
    ),
    sql_check(
        name="usage_told_apart",
        says="each distinct value has its records",
        of="usage records",
        sql=_DISTINCT,
    ),
    sql_check(
        name="usage_once",
        says="each key of a meter has exactly one record",
        of="usage records",
        sql=_KEYS,
    ),
    sql_check(
        name="usage_waiting_told",
        says="what waits to be attributed is counted and told of",
        of="usage records",
        sql=_WAITING,
    ),
    sql_check(
        name="usage_of_seller",
        says="usage is of its seller's meters and subscriptions",
        of="usage buckets",
        sql=_SELLERS,
    ),
)
