"""Each index says which query it serves, and none does what another does."""

from itertools import permutations
from typing import NamedTuple

import pytest
from django.db import connection

from billing import index_purposes as of_billing
from invoices import index_purposes as of_invoices

pytestmark = pytest.mark.django_db
PURPOSES = {**of_billing.PURPOSES, **of_invoices.PURPOSES}

_INDEXES = """
SELECT t.relname, c.relname, a.amname, x.indisunique, x.indisprimary,
       coalesce(pg_get_expr(x.indpred, x.indrelid), ''),
       ARRAY(SELECT pg_get_indexdef(x.indexrelid, k, true) || ' ' || x.indclass[k - 1]
             FROM generate_series(1, x.indnkeyatts) k ORDER BY k),
       obj_description(c.oid, 'pg_class')
FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_am a ON a.oid = c.relam
WHERE t.relnamespace = 'public'::regnamespace AND t.relname ~ '^(billing|invoices)_'
  AND NOT t.relispartition
"""


class Index(NamedTuple):
    """An index as the database has it."""

    table: str
    name: str
    method: str
    is_unique: bool
    is_primary: bool
    predicate: str
    columns: list[str]
    comment: str | None

    def serves_within(self, other: "Index") -> bool:
        """Whether all that it does could be done by the other, which begins like it."""
        return (
            not self.is_unique
            and self.method == other.method == "btree"
            and self.table == other.table
            and other.predicate in ("", self.predicate)
            # One that holds only a few rows is worth its place beside one that holds all.
            and not (self.predicate and not other.predicate)
            and self.columns == other.columns[: len(self.columns)]
        )


def indexes() -> list[Index]:
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES)
        return [Index(*row) for row in cursor.fetchall()]


class TestIndexes:
    def test_each_says_what_it_is_for(self) -> None:
        told = {index.name: index.comment for index in indexes()}

        wanted = {
            index.name: PURPOSES.get(index.name, of_billing.PRIMARY_KEY)
            for index in indexes()
            if index.is_primary or index.name in PURPOSES
        }
        assert told == wanted

    def test_none_that_has_a_purpose_is_missing(self) -> None:
        assert set(PURPOSES) <= {index.name for index in indexes()}

    def test_none_is_the_beginning_of_another(self) -> None:
        needless = {
            f"{first.name} is the beginning of {second.name}"
            for first, second in permutations(indexes(), 2)
            if first.serves_within(second)
        }

        assert not needless
