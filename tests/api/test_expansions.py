"""`expand` shows nothing that the key isn't let into, wherever it is offered."""

from collections.abc import Iterator
from typing import Any

import pytest

from billing.sellers.models import Seller
from invoices.issuing.models import Charge, Invoice
from tests import factories
from tests.api.conftest import App
from tests.api.described import ROUTE_PART, description
from tests.api.routes import VIEWS
from tests.api.test_access import address, name_in, scope_for


def offered() -> Iterator[tuple[str, str, str]]:
    """Yield what can be expanded where, with the scope that it needs."""
    for route, view in VIEWS.items():
        method = getattr(view, "get", None)
        shown: Any = getattr(method, "listing", None) or getattr(method, "showing", None)
        for name, nested in getattr(shown, "expands", {}).items():
            yield route, name, nested.scope


OFFERED = list(offered())
OF_OTHERS = [each for each in OFFERED if each[2] != scope_for(each[0], "GET")]


def named(house: Seller, route: str) -> str:
    if route == "charges/<reference:id>":
        return str(Charge.objects.filter(seller=house, invoice__isnull=False)[0].pk)
    if route == "credit-notes/<reference:id>":
        return str(Invoice.objects.filter(seller=house, kind="credit_note")[0].pk)
    return name_in(house, route)


def asked(house: Seller, route: str, name: str) -> str:
    there = address(route, named(house, route) if "<" in route else "")
    return f"{there}?expand={name}"


class TestScopes:
    @pytest.mark.parametrize(("route", "name", "scope"), OF_OTHERS)
    def test_what_the_key_is_not_let_into_is_not_shown(
        self, house: Seller, route: str, name: str, scope: str
    ) -> None:
        app = App(factories.api_key(house, scope_for(route, "GET")))

        answer = app.get(asked(house, route, name))

        assert (answer.status, answer.code) == (403, "scope_missing")
        assert f" {scope}," in answer.body["detail"]

    @pytest.mark.parametrize(("route", "name", "scope"), OFFERED)
    def test_what_it_is_let_into_is(self, house: Seller, route: str, name: str, scope: str) -> None:
        app = App(factories.api_key(house, scope_for(route, "GET"), scope))

        assert app.get(asked(house, route, name)).status == 200

    def test_a_list_without_rows_refuses_too(self, seller: Seller) -> None:
        app = App(factories.api_key(seller, "invoices:read"))

        assert app.get("/invoices?expand=customer").code == "scope_missing"

    @pytest.mark.parametrize(("route", "name", "scope"), OFFERED)
    def test_the_description_names_it(self, route: str, name: str, scope: str) -> None:
        path = ROUTE_PART.sub(r"{\1}", route)
        told = description()["paths"][f"/api/v1/{path}"]["get"]["parameters"]

        (expand,) = (each for each in told if each["name"] == "expand")
        assert f"`{name}` {scope}" in expand["description"]

    def test_there_are_many(self) -> None:
        assert len(OF_OTHERS) >= 15
