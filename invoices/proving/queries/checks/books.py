"""What is proven: the rows of some sellers, read as a stream, and what is wrong with them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from iso4217 import Currency

from billing.events import dispatch
from billing.money import minor_digits

ROWS_AT_ONCE = 2000
_FACTORS = {
    currency.code: 10 ** minor_digits(currency.code)
    for currency in Currency
    if currency.exponent is not None
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong with the books: where, and what, in plain words."""

    check: str
    seller: str
    object: str
    message: str


@dataclass(slots=True, kw_only=True)
class Books:
    """
    The books of some sellers, as of their days.

    `names` and `todays` hold each seller's name, and the latest day of which what is due may be
    billed; `heard` is told how many rows a running check has looked at.
    """

    names: Mapping[UUID, str]
    todays: Mapping[UUID, date]
    heard: Callable[[int], None] = field(default=lambda _: None)

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """
        Yield what a query finds, through a cursor on the server: memory stays constant.

        The query may name `%(sellers)s` (their ids) and `%(todays)s` (their days), `%(flow_types)s`
        and `%(flow_tasks)s` (the engine's table of tasks), `%(currencies)s` and `%(factors)s` (how
        many minor units one unit has), each pair as two columns.
        """
        flow = [(kind, task) for kind, tasks in dispatch.flow().items() for task in tasks]
        parameters: dict[str, Any] = {
            "sellers": list(self.names),
            "todays": [self.todays[seller_id] for seller_id in self.names],
            "flow_types": [kind for kind, _ in flow],
            "flow_tasks": [task for _, task in flow],
            "currencies": list(_FACTORS),
            "factors": list(_FACTORS.values()),
        }
        with connection.chunked_cursor() as cursor:
            cursor.execute(sql, parameters)
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield from rows

    def wrong(self, check: str, sql: str) -> Iterator[Problem]:
        """Yield the problems that a query finds: its rows are seller id, object and message."""
        for seller_id, subject, message in self.rows(sql):
            yield self.problem(check, seller_id, subject, message)

    def problem(self, check: str, seller_id: UUID, subject: str, message: str) -> Problem:
        """Return a problem of a seller."""
        seller = self.names.get(seller_id, str(seller_id))
        return Problem(check=check, seller=seller, object=subject, message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """
    Something that must hold. `find` yields where it doesn't; `of` is what it looks at.

    One `is_long` if it computes anew what a query can't.
    """

    name: str
    says: str
    of: str
    find: Callable[[Books], Iterable[Problem]]
    is_long: bool = False


def sql_check(*, name: str, says: str, of: str, sql: str) -> Check:
    """Return a check whose query finds what is wrong: seller id, object and message."""
    return Check(name=name, says=says, of=of, find=lambda books: books.wrong(name, sql))
