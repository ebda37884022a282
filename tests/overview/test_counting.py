"""What was issued, happened and failed is counted by day, once."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.events.models import Event, Failure
from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from invoices.overview.commands import count_figures
from invoices.overview.models import CountedLog, DayFigure
from invoices.overview.queries.figures import Figures, figures, same_day_last_month
from invoices.overview.queries.uncounted import uncounted_documents
from tests import factories
from tests.admin.houses import House, house
from tests.handling import handle

LATER = factories.AT + timedelta(days=1)
TODAY = date(2026, 1, 1)


def counted(seller: Seller) -> dict[tuple[date, str, str], tuple[int, int]]:
    """All figures of a seller, as they are stored."""
    rows = DayFigure.objects.filter(seller=seller)
    return {(r.day, r.measure, r.currency): (r.count, r.amount_minor) for r in rows}


def counted_by_hand(seller: Seller) -> dict[tuple[date, str, str], tuple[int, int]]:
    """The same, from the facts."""
    found: dict[tuple[date, str, str], tuple[int, int]] = {}

    def add(day: date, measure: str, currency: str = "", amount: int = 0) -> None:
        count, so_far = found.get((day, measure, currency), (0, 0))
        found[day, measure, currency] = count + 1, so_far + amount

    for each in Invoice.objects.filter(seller=seller):
        add(each.issue_date, f"{each.kind}s", each.currency, each.net_minor)
        if each.kind == "invoice":
            add(each.due_date, "due", each.currency, each.payable_minor)
    for event in Event.objects.filter(seller=seller):
        add(event.as_of_date, "events")
    for failure in Failure.objects.filter(seller=seller).select_related("event"):
        add(failure.event.as_of_date, "failures")
    return found


def order(house: House, price: str, *, currency: str = "EUR") -> None:
    line = factories.line(text="More", unit_price=Decimal(price))
    placed = factories.order(house.customer, line, currency=currency, external_id=f"more-{price}")
    handle(Event.objects.get(stream_id=placed.pk), at=factories.AT)


@pytest.fixture
def alpha(db: None) -> House:
    return house("alpha")


@pytest.mark.django_db
class TestCounting:
    def test_what_is_counted_is_what_the_facts_say(self, alpha: House) -> None:
        count_figures(at=LATER)

        assert counted(alpha.seller) == counted_by_hand(alpha.seller)
        assert counted(alpha.seller)

    def test_counting_twice_adds_nothing(self, alpha: House) -> None:
        count_figures(at=LATER)

        assert count_figures(at=LATER) == 0
        assert counted(alpha.seller) == counted_by_hand(alpha.seller)

    @pytest.mark.parametrize("at_most", [1, 2, 3])
    def test_in_small_parts_it_comes_to_the_same(self, alpha: House, at_most: int) -> None:
        while count_figures(at=LATER, at_most=at_most):
            pass

        assert counted(alpha.seller) == counted_by_hand(alpha.seller)

    def test_what_comes_later_is_added(self, alpha: House) -> None:
        count_figures(at=LATER)
        order(alpha, "70.00")

        assert uncounted_documents(alpha.seller) == 1
        count_figures(at=LATER)
        assert uncounted_documents(alpha.seller) == 0
        assert counted(alpha.seller) == counted_by_hand(alpha.seller)

    def test_what_has_just_happened_is_left_for_later(self, alpha: House) -> None:
        count_figures(at=factories.AT)

        assert not DayFigure.objects.filter(measure__in=["events", "failures"]).exists()
        assert not CountedLog.objects.filter(event_position__gt=0).exists()

    def test_each_seller_has_figures_of_its_own(self, alpha: House) -> None:
        bravo = house("bravo")
        count_figures(at=LATER)

        assert counted(bravo.seller) == counted_by_hand(bravo.seller)
        assert counted(alpha.seller) == counted_by_hand(alpha.seller)


@pytest.mark.django_db
class TestFigures:
    def test_currencies_are_never_added_up(self, alpha: House) -> None:
        before = {figure.currency: figure.amount_minor for figure in shown(alpha).invoices}
        order(alpha, "70.00")
        order(alpha, "30.00", currency="USD")

        found = {figure.currency: figure.amount_minor for figure in shown(alpha).invoices}

        # 70.00 EUR and 30.00 USD net beside what was there.
        assert found == {"EUR": before["EUR"] + 70_00, "USD": 30_00}

    def test_today_s_sums_are_those_of_today(self, alpha: House) -> None:
        shown(alpha)

        tomorrow = figures(alpha.seller, on=TODAY + timedelta(days=1))

        assert not tomorrow.invoices
        assert tomorrow.net["EUR"][-2] == sum(f.amount_minor for f in shown(alpha).invoices)
        assert tomorrow.net["EUR"][-1] == 0

    def test_a_month_stands_beside_the_last_one_up_to_the_same_day(self, alpha: House) -> None:
        sold = sum(figure.amount_minor for figure in shown(alpha).invoices)

        (february,) = figures(alpha.seller, on=date(2026, 2, 10)).months

        assert (february.amount_minor, february.before_minor) == (0, sold)

    @pytest.mark.parametrize(("on", "before"), [
        (date(2026, 3, 31), date(2026, 2, 28)),
        (date(2026, 1, 15), date(2025, 12, 15)),
        (date(2028, 3, 30), date(2028, 2, 29)),
    ])  # fmt: skip
    def test_a_shorter_month_ends_on_its_last_day(self, on: date, before: date) -> None:
        assert same_day_last_month(on) == before

    def test_it_costs_one_query(self, alpha: House, django_assert_num_queries: object) -> None:
        count_figures(at=LATER)

        with django_assert_num_queries(1):  # type: ignore[operator]
            figures(alpha.seller, on=TODAY)


def shown(house: House) -> Figures:
    count_figures(at=LATER)
    return figures(house.seller, on=TODAY)
