"""The facts of a subscription as they stand on a day."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from billing.pricing.course import Course, Courses, Step
from billing.pricing.schedule import Schedule
from billing.pricing.terms import Change
from billing.pricing.timeline import Timeline, standing

_NEVER = date.max


class Facts(Struct, frozen=True):
    """What an engine looks at on a day: the standing facts and the course they give."""

    standing: Sequence[Change]
    until: date
    course: Course
    next_pending: date  # When the next known change takes effect; date.max if none will.
    opening: tuple[Step, ...] = ()

    @property
    def schedule(self) -> Schedule:
        """The billing periods; there are some once there are parts."""
        assert self.course.schedule is not None
        return self.course.schedule


def facts_of(timeline: Timeline, until: date) -> Facts:
    """Return the facts of a timeline as they stand on a day."""
    changes = standing(timeline.changes)
    return facts_on(changes, until, timeline.known_on, timeline.opening, timeline.courses)


def facts_on(
    standing: Sequence[Change],
    until: date,
    known_on: date | None = None,
    opening: tuple[Step, ...] = (),
    courses: Courses | None = None,
) -> Facts:
    """
    Return the facts as they stand on a day; `standing` is in the order of taking effect.

    An `opening` stands for the facts before them. `courses` are those of a timeline.
    """
    in_force = [change for change in standing if change.effective_on <= until]
    pending = standing[len(in_force) :]
    next_pending = pending[0].effective_on if pending else _NEVER
    found = (courses or Courses()).of(in_force, known_on, opening)
    return Facts(standing, until, found, next_pending, opening)
