"""The term of a contract: how long it binds, how it goes on, and the earliest day it can end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from billing.periods import add_months
from billing.pricing.refused import Refused
from billing.pricing.terms import Change, ChangeKind
from billing.pricing.timeline import ContradictoryTimeline

# Source: BGB § 309 no. 9 as of 1 March 2022.
CONSUMER_TERM_SINCE = date(2022, 3, 1)
CONSUMER_MONTHS_AT_MOST = 24
CONSUMER_NOTICE_MONTHS_AT_MOST = 1


class TermNotAllowed(Refused):
    """The law doesn't let such a term be agreed with a consumer; the text names the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """
    A contract's term from `starts_on` on, in months.

    It is renewed by `renewal_months` each time that nobody gave notice in time; by None for an
    indefinite time, by 0 not at all. Notice is given `notice_months` before the end.
    """

    starts_on: date
    initial_months: int
    renewal_months: int | None
    notice_months: int = 0

    def end_after(self, on: date) -> date | None:
        """Return the end of the term that a day lies in; None in indefinite time."""
        return next((ends_on for ends_on in self._ends() if ends_on > on), None)

    def earliest_end(self, *, notice_on: date) -> date:
        """Return the earliest day on which a contract can end if notice is given on a day."""
        effective = add_months(notice_on, self.notice_months)
        for ends_on in self._ends():
            if ends_on >= effective:
                return ends_on
        # An indefinite time ends with the notice, a term that isn't renewed by itself.
        return effective if self.renewal_months is None else ends_on

    def check_end(self, on: date, *, notice_on: date) -> None:
        """
        Check that a contract can end on a day, notice given on another.

        :raises ContradictoryTimeline: if it can't; the text names the earliest possible day.
        """
        earliest = self.earliest_end(notice_on=notice_on)
        if on == earliest or self._may_end(on, earliest):
            return
        raise ContradictoryTimeline(
            f"The contract can't end on {on}: by its term and with notice on {notice_on} it ends "
            f"on {earliest} at the earliest. Cancel for that day, or with when: term_end.",
            field="on",
        )

    def _may_end(self, on: date, earliest: date) -> bool:
        return on > earliest and self._is_term_end(on)

    def _is_term_end(self, on: date) -> bool:
        for ends_on in self._ends():
            if ends_on >= on:
                return ends_on == on
        return self.renewal_months is None

    def _ends(self) -> Iterator[date]:
        """Yield the ends of the terms: one, or without end if they are renewed by months."""
        months = self.initial_months
        yield add_months(self.starts_on, months)
        while self.renewal_months:
            months += self.renewal_months
            yield add_months(self.starts_on, months)


def agreed_from(changes: Iterable[Change]) -> date | None:
    """
    Return the day from which a contract's term counts, by the standing changes under it.

    That is the first day of the start that was recorded first: what is started later, also
    backdated, doesn't move what was agreed. None if nothing was started.
    """
    starts = [change for change in changes if change.kind is ChangeKind.START]
    first = min(starts, key=attrgetter("position"), default=None)
    return first.effective_on if first else None


def check_consumer_term(term: Term) -> None:
    """
    Check a term that is agreed with a German consumer as a standard term.

    At most 24 months; renewed only for an indefinite time with at most one month's notice; notice
    of at most one month before the first term ends.
    Source: BGB § 309 no. 9 (in force since 1 March 2022).

    :raises TermNotAllowed: if the law makes it void.
    """
    if term.starts_on < CONSUMER_TERM_SINCE:
        return
    for name, is_void, remedy in (
        (
            "initial_months",
            term.initial_months > CONSUMER_MONTHS_AT_MOST,
            f"an initial term of at most {CONSUMER_MONTHS_AT_MOST} months (here "
            f"{term.initial_months})",
        ),
        (
            "renewal_months",
            bool(term.renewal_months),
            "a renewal for an indefinite time only (renewal_months: null)",
        ),
        (
            "notice_months",
            term.notice_months > CONSUMER_NOTICE_MONTHS_AT_MOST,
            f"a notice of at most one month (here {term.notice_months})",
        ),
    ):
        if is_void:
            raise TermNotAllowed(
                f"A consumer's contract can have {remedy}: BGB § 309 no. 9.", field=f"term.{name}"
            )
