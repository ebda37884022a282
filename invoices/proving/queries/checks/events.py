"""Every event is handled exactly once."""

from invoices.proving.queries.checks.books import sql_check

# How often one of a bulk was sent is told by its message alone.
_NOT_WAITING = """
SELECT seller_id, 'event ' || id,
       format('%%s waits since %%s UTC%%s: start the relay and the workers',
              type, to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
              CASE WHEN next_send_at IS NOT NULL THEN format(', sent %%s times', sends) END)
FROM billing_event
WHERE state = 'waiting' AND seller_id = ANY(%(sellers)s)
ORDER BY position
"""

_NOT_FAILED = """
SELECT e.seller_id, 'event ' || e.id,
       CASE WHEN e.state = 'failed' AND f.id IS NULL
            THEN e.type || ' is failed, but no open failure says why'
            WHEN e.state = 'failed'
            THEN format('%%s failed: %%s %%s', e.type, f.reason, f.remedy)
            ELSE format('%%s is %%s, but has an open failure: %%s', e.type, e.state, f.reason) END
FROM billing_event e
LEFT JOIN billing_failure f ON f.event_id = e.id AND f.state = 'open'
-- A failure stays open while the engine tries its event: that one waits, and is told as waiting.
WHERE e.seller_id = ANY(%(sellers)s)
  AND (e.state = 'failed' OR (f.id IS NOT NULL AND e.state <> 'waiting'))
ORDER BY e.position
"""

_WRITTEN_OFF = """
SELECT e.seller_id, 'event ' || e.id, e.type || ' is written off, but no failure says by whom'
FROM billing_event e
WHERE e.state = 'written_off' AND e.seller_id = ANY(%(sellers)s)
  AND NOT EXISTS (SELECT FROM billing_failure f
                  WHERE f.event_id = e.id AND f.state = 'written_off')
"""

# Successes per event and task of its flow, whatever state the event is in.
_SUCCESSES = """
WITH flow AS (
    SELECT * FROM unnest(%(flow_types)s::text[], %(flow_tasks)s::text[]) AS f(type, task)
), succeeded AS (
    SELECT event_id, task, count(*) AS n FROM billing_attempt
    WHERE outcome = 'succeeded' GROUP BY event_id, task
), wanted AS (
    SELECT e.id, e.seller_id, e.type, e.state, e.position, f.task, coalesce(s.n, 0) AS n,
           e.position <= coalesce(a.until_position, 0) AS is_archived
    FROM billing_event e JOIN flow f ON f.type = e.type
    LEFT JOIN succeeded s ON s.event_id = e.id AND s.task = f.task
    LEFT JOIN (SELECT seller_id, max(until_position) AS until_position
               FROM billing_attemptarchive GROUP BY seller_id) a ON a.seller_id = e.seller_id
    WHERE e.seller_id = ANY(%(sellers)s)
)
"""

_HANDLED_ONCE = (
    _SUCCESSES
    + """
SELECT seller_id, 'event ' || id,
       format('%%s is handled, but %%s succeeded %%s times', type, task, n)
FROM wanted WHERE state = 'handled' AND n <> 1 AND NOT is_archived
UNION ALL
SELECT seller_id, 'event ' || id, type || ' is noted, although a task listens to it: ' || task
FROM wanted WHERE state = 'noted'
  -- Noted while its seller lets no documents be made, or while no app listens.
  AND type NOT IN ('invoice.issued', 'delivery.sent', 'delivery.given_up')
UNION ALL
SELECT seller_id, 'event ' || id, type || ' is handled, although no task listens to it'
FROM billing_event e
WHERE state = 'handled' AND seller_id = ANY(%(sellers)s)
  AND type <> ALL(%(flow_types)s::text[])
"""
)

_NOTHING_DONE_TWICE = (
    _SUCCESSES
    + """
SELECT seller_id, 'event ' || id,
       format('%%s is %%s, although all its tasks succeeded', type, state)
FROM wanted
WHERE state IN ('waiting', 'failed', 'written_off')
GROUP BY seller_id, id, type, state HAVING bool_and(n > 0)
UNION ALL
SELECT e.seller_id, 'event ' || e.id, format('%%s is noted, although %%s succeeded', e.type, a.task)
FROM billing_event e JOIN billing_attempt a ON a.event_id = e.id AND a.outcome = 'succeeded'
WHERE e.state = 'noted' AND e.seller_id = ANY(%(sellers)s)
"""
)

_NO_ORPHANS = """
SELECT a.seller_id, 'attempt ' || a.id, 'belongs to an event that is not there: ' || a.event_id
FROM billing_attempt a LEFT JOIN billing_event e ON e.id = a.event_id
WHERE e.id IS NULL AND a.seller_id = ANY(%(sellers)s)
UNION ALL
SELECT f.seller_id, 'failure ' || f.id, 'belongs to an event that is not there: ' || f.event_id
FROM billing_failure f LEFT JOIN billing_event e ON e.id = f.event_id
WHERE e.id IS NULL AND f.seller_id = ANY(%(sellers)s)
"""

CHECKS = (
    sql_check(name="none_waits", says="no event waits", of="events", sql=_NOT_WAITING),
    sql_check(name="none_failed", says="no event is failed", of="events", sql=_NOT_FAILED),
    sql_check(
        name="written_off_by_someone",
        says="what is written off was written off by someone",
        of="events",
        sql=_WRITTEN_OFF,
    ),
    sql_check(
        name="handled_once",
        says="each handled event succeeded exactly once per task",
        of="events",
        sql=_HANDLED_ONCE,
    ),
    sql_check(
        name="done_is_handled",
        says="what succeeded is handled",
        of="events",
        sql=_NOTHING_DONE_TWICE,
    ),
    sql_check(
        name="tries_have_events",
        says="each try and failure has its event",
        of="events",
        sql=_NO_ORPHANS,
    ),
)
