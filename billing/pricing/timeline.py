"""The facts of a subscription: what is known of it, and what still stands."""

from collections.abc import Iterable, Mapping
from datetime import date
from operator import attrgetter

from msgspec import Struct, field, structs

from billing.pricing.course import Courses, Step
from billing.pricing.prices import PlanTerms, PriceTerms, commitment_price
from billing.pricing.refused import Refused
from billing.pricing.terms import Change, ChangeKind
from billing.pricing.usage import Bucket


class ContradictoryTimeline(Refused):
    """A change contradicts the other changes of its subscription; the text names the remedy."""


class WrongChange(ContradictoryTimeline):
    """A change says what none of its subscription could: whatever else is known of it."""


class Settled(Struct, frozen=True):
    """
    Up to where a subscription was charged: `until` a day, by what was known on `known_on`.

    That is what was recorded up to that day and `position`.
    """

    until: date
    known_on: date
    position: int


class Timeline(Struct, frozen=True, eq=False):
    """
    The recorded changes of one subscription, and what was metered of it, by the meter's id.

    `zone` is the seller's time zone (IANA name): proration by the second and levels over time look
    at it. `known_on` leaves out versions of prices that became known later; None: none. An
    `opening` stands for changes that were taken out since what they lead to, before the day
    `open_from`, is settled. `settled` is how far it was charged; None: not yet. `undos` are known,
    and told as reasons; what they took back is taken out already.
    """

    subscription_id: str
    changes: tuple[Change, ...]
    zone: str = "UTC"
    usage: Mapping[str, tuple[Bucket, ...]] = field(default_factory=dict)
    known_on: date | None = None
    opening: tuple[Step, ...] = ()
    open_from: date = date.min
    settled: Settled | None = None
    undos: tuple[Change, ...] = ()
    courses: Courses = field(default_factory=Courses)

    def known(self, on: date, position: int | None = None) -> "Timeline":
        """
        Return what was recorded up to and including a day, with undone changes taken out.

        With `position`, only the facts up to that one: what was known when it was recorded.
        """
        known = tuple(
            change
            for change in self.changes
            if change.recorded_on <= on and (position is None or change.position <= position)
        )
        undos = tuple(change for change in known if change.kind is ChangeKind.UNDO)
        return structs.replace(
            self, changes=standing(known), known_on=on, undos=undos or self.undos
        )

    @property
    def plans(self) -> list[PlanTerms]:
        """The plans that any fact names, also an undone or a corrected one."""
        named = [change.plan for change in self.changes if change.plan]
        return [*(step.terms.plan for step in self.opening), *named]

    @property
    def prices(self) -> dict[str, PriceTerms]:
        """All prices that any fact names, also an undone or a corrected one, by their id."""
        plans = self.plans
        prices = {price.id: price for plan in plans for price in plan.prices}
        for plan in plans:
            if plan.minimum_commitment:
                price = commitment_price(plan)
                prices[price.id] = price
        return prices


def standing(changes: Iterable[Change]) -> tuple[Change, ...]:
    """
    Return the changes that no undo took back, without the undos, in the order they take effect.

    An undo takes back the change recorded latest of those still pending on its day.

    :raises ContradictoryTimeline: if an undo finds nothing pending.
    """
    changes = tuple(changes)
    if len(changes) == 1 and changes[0].kind is not ChangeKind.UNDO:
        return changes
    kept: list[Change] = []
    for change in sorted(changes, key=attrgetter("position")):
        if change.kind is not ChangeKind.UNDO:
            kept.append(change)
            continue
        pending = [known for known in kept if known.effective_on > change.effective_on]
        if not pending:
            raise ContradictoryTimeline(
                f"No change is pending on {change.effective_on}, so there is nothing to undo: "
                "record a new change instead."
            )
        kept.remove(pending[-1])
    return tuple(sorted(kept, key=attrgetter("effective_on", "position")))


def never_in_force(changes: Iterable[Change]) -> frozenset[str]:
    """
    Return the ids of the changes whose plan holds on no day, so that it never owes anything.

    Another plan or a cancellation came on the same day, or a cancellation on a day before.
    """
    known = standing(changes)
    return frozenset(
        change.id
        for change in known
        if change.plan
        for later in known
        if later.position > change.position
        and (
            (later.plan is not None and later.effective_on == change.effective_on)
            or (later.kind is ChangeKind.CANCEL and later.effective_on <= change.effective_on)
        )
    )
