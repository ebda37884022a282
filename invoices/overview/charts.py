"""Charts by day as SVG: made here, so that a page needs no script, and reads well without one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, FOOT = 600, 120, 18
GAP = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A value for each day, and how it is written and linked in the table beside the picture."""

    name: str
    days: Sequence[date]
    values: Sequence[int]
    shown: Callable[[int], str]
    url: Callable[[date], str]
    tone: str = "plain"

    @property
    def total(self) -> str:
        """What all days come to."""
        return self.shown(sum(self.values))

    @property
    def rows(self) -> list[tuple[date, str, str]]:
        """Each day with its value and where it is listed, the latest first."""
        found = [
            (day, self.url(day), self.shown(value))
            for day, value in zip(self.days, self.values, strict=True)
        ]
        return found[::-1]

    @property
    def svg(self) -> SafeString:
        """The picture: a bar per day, above the line or, of a negative value, below it."""
        return format_html(
            '<svg class="anlass-chart anlass-chart-{}" viewBox="0 0 {} {}" role="img" '
            'aria-label="{}">{}<line x1="0" x2="{}" y1="{}" y2="{}"/>{}</svg>',
            self.tone,
            WIDTH,
            HEIGHT + FOOT,
            f"{self.name}: {_text(self.total)}",
            format_html_join("", "{}", ((bar,) for bar in self._bars())),
            WIDTH,
            self._base,
            self._base,
            self._foot(),
        )

    @property
    def _base(self) -> float:
        """Where zero lies."""
        top, bottom = max(*self.values, 0), min(*self.values, 0)
        return round(HEIGHT * top / (top - bottom), 1) if top > bottom else HEIGHT

    def _bars(self) -> list[SafeString]:
        top, bottom = max(*self.values, 0), min(*self.values, 0)
        scale = HEIGHT / ((top - bottom) or 1)
        step = WIDTH / len(self.days)
        return [
            format_html(
                '<rect x="{}" y="{}" width="{}" height="{}"><title>{}: {}</title></rect>',
                round(place * step + GAP / 2, 1),
                round(self._base - max(value, 0) * scale, 1),
                round(step - GAP, 1),
                round(max(abs(value) * scale, 1.5 if value else 0), 1),
                _day(day),
                _text(self.shown(value)),
            )
            for place, (day, value) in enumerate(zip(self.days, self.values, strict=True))
        ]

    def _foot(self) -> SafeString:
        """Name the first and the last day."""
        return format_html(
            '<text x="0" y="{0}">{1}</text><text x="{2}" y="{0}" text-anchor="end">{3}</text>',
            HEIGHT + FOOT - 3,
            _day(self.days[0]),
            WIDTH,
            _day(self.days[-1]),
        )


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def _text(shown: str) -> str:
    """Return an amount without its markup."""
    return shown.split(">", 1)[-1].split("<", 1)[0] if shown.startswith("<") else shown
