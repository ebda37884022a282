"""The order of dates in a number series."""

from datetime import date, timedelta

from billing.mending import Mend, Mendable
from invoices.issuing.models import NumberSeries

# How far a series may be ahead of today: a worker that waited over midnight, a clock that is off.
AHEAD_AT_MOST = timedelta(days=1)


class NumberSeriesAhead(Mendable):
    """The series holds a document that is dated later than today: its date order would break."""

    def __init__(self, problem: str, *, series: str = "") -> None:
        """Say which series is ahead."""
        super().__init__(problem)
        self.mend = Mend("seller", part=series)


def issue_date(series: NumberSeries, *, today: date) -> date:
    """
    Return the date of the next document of a series.

    A transaction that waited over midnight for the series takes the date of who went first.

    :raises NumberSeriesAhead: if the latest document is dated after tomorrow.
    """
    chosen = max(today, series.latest_date or today)
    if chosen - today > AHEAD_AT_MOST:
        raise NumberSeriesAhead(
            f"The latest document of the series {series} is dated {chosen}, today is {today}: a"
            " document of today would break the order of dates.",
            series=str(series),
        )
    return chosen
