"""Records rolled up by the database: how buckets are rebuilt, and proven."""

import json
from collections.abc import Mapping


def canonical(properties: Mapping[str, str]) -> str:
    """Return properties as JSON that is the same for the same ones: sorted, without blanks."""
    if not properties:
        return "{}"
    return json.dumps(properties, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


# `canonical` in SQL: the properties of the record r that are dimensions of the meter m.
_CANONICAL = """
    (SELECT '{' || coalesce(string_agg(
                to_json(name)::text || ':' || to_json(r.properties ->> name)::text,
                ',' ORDER BY name COLLATE "C"), '') || '}'
     FROM jsonb_array_elements_text(m.dimensions) AS d(name) WHERE r.properties ? name)
"""

# The buckets that the records of some sellers add up to: `%(sellers)s` is a list of ids.
BUCKETS = f"""
    SELECT seller_id, subscription_id, meter_id, day, recorded_on, properties,
           count(*) AS count, sum(measured) AS total, coalesce(sum(amount), 0) AS amount,
           max(measured) AS highest, max(at) AS latest_at,
           (array_agg(key ORDER BY at DESC, key DESC))[1] AS latest_key,
           (array_agg(measured ORDER BY at DESC, key DESC))[1] AS latest,
           sum(measured * rest_microseconds) * 0.000001 AS weighted
    FROM (
        SELECT r.seller_id, r.subscription_id, r.meter_id, r.day, r.recorded_on, r.at, r.key,
               r.measured, r.amount, r.rest_microseconds, {_CANONICAL} AS properties
        FROM billing_usagerecord r JOIN billing_meter m ON m.id = r.meter_id
        WHERE r.seller_id = ANY(%(sellers)s)
    ) AS record
    GROUP BY seller_id, subscription_id, meter_id, day, recorded_on, properties
"""  # noqa: S608

# The distinct values of those records, of meters that count them.
DISTINCT = f"""
    SELECT DISTINCT r.seller_id, r.subscription_id, r.meter_id, r.day, r.recorded_on,
           md5({_CANONICAL})::uuid AS properties_id,
           CASE WHEN m.property IS NULL THEN trim_scale(r.value)::text
                ELSE r.properties ->> m.property END AS value
    FROM billing_usagerecord r JOIN billing_meter m ON m.id = r.meter_id
    WHERE r.seller_id = ANY(%(sellers)s) AND m.aggregation = 'unique'
"""  # noqa: S608
