"""On which day a charge is supplied, and credits that reach over a change of the tax rate."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from msgspec import structs

from billing.pricing.difference import Line
from billing.pricing.taxes import Tax

_DAY = timedelta(days=1)

TaxOn = Callable[[Line, date], Tax]


def supplied_on(line: Line) -> date:
    """Return the last day of the service: the day whose rate of tax holds."""
    return line.ends_on - _DAY


def at_one_rate(lines: Iterable[Line], tax_on: TaxOn) -> Iterator[Line]:
    """
    Yield the lines so that each bears the rate of one day.

    A credit whose charge was taxed at another rate than the part that stays owed would be: the
    whole charge is credited, and the used part charged anew.
    """
    for line in lines:
        conceded = line.conceded_minor  # It was given back already, and stays charged.
        if line.is_credit and line.owed_minor > conceded and _rate_differs(line, tax_on):
            yield structs.replace(
                line,
                starts_on=line.stretch_starts_on,
                ends_on=line.charged_ends_on,
                amount_minor=conceded - line.charged_minor,
                owed_minor=conceded,
                explanation={**line.explanation, "owed_minor": conceded, "rate_changed": True}
                | ({"conceded_minor": conceded} if conceded else {}),
            )
            yield structs.replace(
                line,
                starts_on=line.stretch_starts_on,
                ends_on=line.owed_ends_on,
                amount_minor=line.owed_minor,
                is_credit=False,
                charged_minor=0,
                explanation={**line.explanation, "charged_before_minor": 0, "rate_changed": True},
            )
        else:
            yield line


def _rate_differs(line: Line, tax_on: TaxOn) -> bool:
    if line.charged_ends_on == line.owed_ends_on:
        return False
    charged = tax_on(line, line.charged_ends_on - _DAY)
    return charged != tax_on(line, line.owed_ends_on - _DAY)
