"""
Who reaches what: each route and method, by every caller that must not.

Routes come from the URL configuration, so that a new one is tried by itself. Of one that names an
object, `OBJECTS` must tell which object of another seller to try.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from billing.api.callers.access import refuse_unscoped
from billing.catalog.models import Coupon, Meter, Plan, Price, Product
from billing.contracts.models import Contract, Subscription
from billing.customers.models import Customer
from billing.events.models import Event, Failure
from billing.exchange.models import OwnExchangeRate
from billing.orders.models import Order
from billing.scopes import ALL_SCOPES, PRESETS, ResourceUnknown, covers, needed_scope
from billing.sellers.models import ApiKey, Seller, SellerRegistration
from billing.vat.models import TaxOverride
from config.urls import api
from invoices.credit_notes.models import Correction
from invoices.delivery.models import Delivery, DownloadLink, WebhookEndpoint
from invoices.documents.models import Document
from invoices.issuing.models import Charge, Invoice
from invoices.runs.models import BillingRun
from tests import factories
from tests.api.conftest import UNKNOWN, Answer, App
from tests.api.routes import ROUTES, VIEWS, WRITES, names_of, rows_of

Named = type[Model] | Callable[[Seller], str]


def _number(house: Seller) -> str:
    return str(Invoice.objects.filter(seller=house)[0].number)


def _credit_note(house: Seller) -> str:
    return str(Invoice.objects.get(seller=house, kind="credit_note").pk)


def _fingerprint(house: Seller) -> str:
    return str(Failure.objects.filter(seller=house).earliest("pk").cause.fingerprint)


def _transaction(house: Seller) -> str:
    return str(Event.objects.filter(seller=house)[0].transaction_id)


# What each route names: a table, of which the house's first row is tried, or how to find it.
OBJECTS: dict[str, Named] = {
    "api-keys/<reference:id>": ApiKey,
    "api-keys/<reference:id>/revoke": ApiKey,
    "api-keys/<reference:id>/rotate": ApiKey,
    "billing-runs/<reference:id>": BillingRun,
    "charges/<reference:id>": Charge,
    "contracts/<reference:id>": Contract,
    "contracts/<reference:id>/indexations": Contract,
    "contracts/<reference:id>/preview": Contract,
    "corrections/<reference:id>": Correction,
    "coupons/<reference:id>": Coupon,
    "coupons/<reference:id>/end": Coupon,
    "credit-notes/<reference:id>": _credit_note,
    "customers/<reference:id>": Customer,
    "customers/<reference:id>/balance": Customer,
    "customers/<reference:id>/balance-movements": Customer,
    "customers/<reference:id>/delivery": Customer,
    "customers/<reference:id>/vat-id-checks": Customer,
    "deliveries/<reference:id>": Delivery,
    "deliveries/<reference:id>/resend": Delivery,
    "download-links/<reference:id>": DownloadLink,
    "events/<reference:id>": Event,
    "exchange-rates/<reference:id>": OwnExchangeRate,
    "failure-causes/<reference:id>": _fingerprint,
    "failure-causes/<reference:id>/assign": _fingerprint,
    "failure-causes/<reference:id>/notes": _fingerprint,
    "failure-causes/<reference:id>/retry": _fingerprint,
    "failure-causes/<reference:id>/write-off": _fingerprint,
    "failures/<reference:id>": Failure,
    "failures/<reference:id>/notes": Failure,
    "failures/<reference:id>/retry": Failure,
    "failures/<reference:id>/write-off": Failure,
    "invoices/<reference:id>": Invoice,
    "invoices/<reference:id>/cancellation": Invoice,
    "invoices/<reference:id>/cancellation/preview": Invoice,
    "invoices/<reference:id>/corrections": Invoice,
    "invoices/<reference:id>/corrections/preview": Invoice,
    "invoices/<reference:id>/documents": Invoice,
    "invoices/<reference:id>/documents/<reference:document>": Invoice,
    "invoices/<reference:id>/download-links": Invoice,
    "invoices/by-number/<path:number>": _number,
    "invoices/<reference:id>/resend": Invoice,
    "meters/<reference:id>": Meter,
    "orders/<reference:id>": Order,
    "plans/<reference:id>": Plan,
    "prices/<reference:id>": Price,
    "prices/<reference:id>/end": Price,
    "products/<reference:id>": Product,
    "seller/registrations/<reference:id>": SellerRegistration,
    "seller/registrations/<reference:id>/end": SellerRegistration,
    "subscriptions/<reference:id>": Subscription,
    "subscriptions/<reference:id>/changes": Subscription,
    "subscriptions/<reference:id>/preview": Subscription,
    "tax-overrides/<reference:id>": TaxOverride,
    "tax-overrides/<reference:id>/end": TaxOverride,
    "transactions/<reference:id>": _transaction,
    "webhook-endpoints/<reference:id>": WebhookEndpoint,
    "webhook-endpoints/<reference:id>/replay": WebhookEndpoint,
    "webhook-endpoints/<reference:id>/rotate-secret": WebhookEndpoint,
    "webhook-endpoints/<reference:id>/tell": WebhookEndpoint,
    "webhook-endpoints/<reference:id>/test": WebhookEndpoint,
}
MALFORMED = [
    "x", "ext:", "ext:%00", "ext:x", "code:", "..", "%2e%2e", "a" * 300, f"ext:{'a' * 300}",
    "%C3%A4%E2%82%AC", "ext:%F0%9F%92%A9", "%ED%A0%80", "0", "null", "{id}", UNKNOWN.upper(),
    UNKNOWN.replace("-", ""), f"%20{UNKNOWN}", "'%20OR%201=1",
]  # fmt: skip
LOOKED_AT = [(route, "HEAD") for route, method in ROUTES if method == "GET"]
ALL = [*ROUTES, *LOOKED_AT, *((route, "OPTIONS") for route in VIEWS)]
NAMING = [(route, method) for route, method in [*ROUTES, *LOOKED_AT] if "<" in route]
GARBAGE = "anl_test_" + "A" * 43
PAST = datetime(2026, 2, 1, tzinfo=UTC)


def name_in(house: Seller, route: str) -> str:
    """What the route names, of the house."""
    named = OBJECTS[route]
    if not isinstance(named, type):
        return named(house)
    return str(named._default_manager.filter(seller=house).order_by("pk")[0].pk)


def address(route: str, name: str) -> str:
    head, bracket, rest = route.partition("<")
    if not bracket:
        return f"/{route}"
    rest = rest.partition(">")[2]
    if "<" in rest:  # A document of the house, the only one there is.
        rest = f"{rest.partition('<')[0]}{Document.objects.get().pk}"
    return f"/{head}{name}{rest}"


def addresses(house: Seller, route: str) -> list[str]:
    """Of something that is there, and of something that isn't."""
    if "<" not in route:
        return [f"/{route}"]
    return [address(route, name) for name in (name_in(house, route), UNKNOWN)]


def said(answer: Answer) -> tuple[int, Any, dict[str, str]]:
    """All that an answer says, but for the request's own id."""
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
    return answer.status, answer.without_request_id if answer.content else None, headers


def refused(answers: list[Answer], status: int, code: str) -> bool:
    """Whether all refuse alike; a HEAD has no body that says why."""
    same = all(said(each) == said(answers[0]) for each in answers)
    return same and all(
        each.status == status and (not each.content or each.code == code) for each in answers
    )


@contextmanager
def unchanged(house: Seller, method: str) -> Iterator[None]:
    """Whatever is requested, the house's rows stay as they are."""
    before = rows_of(house) if method in WRITES else None
    yield
    assert before is None or rows_of(house) == before


def scope_for(route: str, method: str) -> str:
    return needed_scope(route, method, stores=bool(getattr(VIEWS[route], "writes", True)))


def test_each_route_with_a_name_says_what_it_names() -> None:
    assert set(OBJECTS) == {route for route in VIEWS if "<" in route}


class TestNobody:
    @pytest.mark.parametrize(("route", "method"), ALL)
    def test_without_a_valid_key_there_is_nothing(
        self, house: Seller, route: str, method: str
    ) -> None:
        """Nor does anything tell one invalid key from another."""
        expired = factories.api_key(house, expires_at=PAST)
        revoked = factories.api_key(house, revoked_at=PAST)
        with unchanged(house, method):
            without, *invalid = [
                [app.send(method, each, "{") for each in addresses(house, route)]
                for app in map(App, (None, GARBAGE, "x", expired, revoked))
            ]

        assert refused(without, 401, "not_authenticated")
        assert refused(
            [each for by_key in invalid for each in by_key], 401, "authentication_failed"
        )

    @pytest.mark.parametrize(("route", "method"), ALL)
    def test_from_elsewhere_there_is_nothing(self, house: Seller, route: str, method: str) -> None:
        app = App(factories.api_key(house, networks=("198.51.100.0/24",)))

        answers = [app.send(method, each, "{") for each in addresses(house, route)]

        assert refused(answers, 403, "address_not_allowed")


class TestScopes:
    @pytest.mark.parametrize(("route", "method"), ALL)
    def test_all_scopes_but_the_one_that_is_needed_do_not_do(
        self, house: Seller, route: str, method: str
    ) -> None:
        needed = scope_for(route, method)
        others = [scope for scope in ALL_SCOPES if not covers([scope], needed)]
        app = App(factories.api_key(house, *others))
        with unchanged(house, method):
            answers = [app.send(method, each, "{") for each in addresses(house, route)]

        assert refused(answers, 403, "scope_missing")
        assert method == "HEAD" or f" {needed}," in answers[0].body["detail"]

    @pytest.mark.parametrize(("route", "method"), ALL)
    def test_the_one_that_is_needed_does(self, house: Seller, route: str, method: str) -> None:
        needed = scope_for(route, method)
        app = App(factories.api_key(house, needed))

        answer = app.send(method, addresses(house, route)[0], "{}")

        assert answer.status not in {401, 404}
        assert answer.status != 403 or answer.code != "scope_missing"

    def test_the_description_names_it(self, db: None) -> None:
        paths = Client().get("/api/v1/openapi.json").json()["paths"]

        told = {
            (path, method): operation.get("x-required-scope")
            for path, operations in paths.items()
            for method, operation in operations.items()
            if not path.endswith("openapi.json")
        }
        assert len(told) == len(ROUTES)
        assert set(told.values()) <= set(ALL_SCOPES)
        assert told["/api/v1/usage", "post"] == "usage:write"
        assert told["/api/v1/contracts/{id}/preview", "post"] == "contracts:read"

    def test_what_stores_nothing_is_read(self) -> None:
        assert scope_for("contracts/<reference:id>/preview", "POST") == "contracts:read"
        assert scope_for("simulations", "POST") == "simulations:read"
        assert scope_for("usage", "POST") == "usage:write"

    def test_an_address_of_nothing_stops_the_process(self) -> None:
        """Before it serves anything: the routes are looked through when they are loaded."""
        pattern = next(each for each in api if "customers" in str(each.url_patterns))  # type: ignore[union-attr]
        (route, *_) = pattern.url_patterns  # type: ignore[union-attr]
        unknown = type(route)(route.pattern, route.callback)
        unknown.pattern = type(route.pattern)("novelties", is_endpoint=True)

        with pytest.raises(ResourceUnknown, match="novelties"):
            refuse_unscoped([unknown])

    @pytest.mark.parametrize(
        ("held", "needed", "is_enough"),
        [
            ("*", "customers:write", True),
            ("*", "*:read", True),
            ("*:read", "customers:read", True),
            ("*:read", "customers:write", False),
            ("*:read", "*", False),
            ("customers:write", "customers:read", True),
            ("customers:read", "customers:write", False),
            ("customers:write", "contracts:read", False),
            ("customers:write", "*:read", False),
            ("usage:write", "usage:write", True),
        ],
    )
    def test_scopes_cover_each_other(self, held: str, needed: str, *, is_enough: bool) -> None:
        assert covers([held], needed) is is_enough

    def test_presets_are_no_resources(self) -> None:
        assert set(PRESETS) == {"*", "*:read"}


class TestUnknownMethods:
    @pytest.mark.parametrize("route", VIEWS)
    def test_they_are_refused_as_such(self, house: Seller, route: str) -> None:
        app = App(factories.api_key(house))
        known = [method for each, method in ROUTES if each == route]

        for method in {"TRACE", *WRITES}.difference(known):
            answer = app.send(method, addresses(house, route)[0], "{}")
            assert refused([answer], 405, "method_not_allowed")


class TestStranger:
    @pytest.mark.parametrize(("route", "method"), NAMING)
    def test_what_is_another_seller_s_is_as_if_it_were_not_there(
        self, house: Seller, stranger: App, route: str, method: str
    ) -> None:
        """Before it is looked at what the body says; one that is no JSON is refused before."""
        name, stores = name_in(house, route), method in WRITES and VIEWS[route].writes
        with unchanged(house, method):
            for body in ("[]", "{"):
                unknown = said(stranger.send(method, address(route, UNKNOWN), body))
                known = said(stranger.send(method, address(route, name), body))

                assert unknown[0] == (400 if body == "{" and stores else 404)
                assert known == unknown

    @pytest.mark.parametrize(
        ("route", "method"), [(route, method) for route, method in ROUTES if "<" in route]
    )
    def test_it_is_not_there_by_any_other_name(
        self, house: Seller, stranger: App, route: str, method: str
    ) -> None:
        """By no name of anything else of the other seller."""
        names = names_of(house, of_each=1)
        assert len(names) > 30
        with unchanged(house, method):
            unknown = said(stranger.send(method, address(route, UNKNOWN), "{}"))

            for name in names:
                assert said(stranger.send(method, address(route, name), "{}")) == unknown

    @pytest.mark.parametrize(("route", "method"), NAMING)
    def test_what_is_malformed_is_as_if_it_were_not_there(
        self, house: Seller, stranger: App, route: str, method: str
    ) -> None:
        unknown = said(stranger.send(method, address(route, UNKNOWN), "{}"))

        for name in MALFORMED:
            assert said(stranger.send(method, address(route, name), "{}")) == unknown, name

    @pytest.mark.parametrize(("route", "method"), NAMING)
    def test_to_its_own_seller_it_is_there(self, house: Seller, route: str, method: str) -> None:
        """Else the tests above would prove nothing."""
        app = App(factories.api_key(house))

        answer = app.send(method, address(route, name_in(house, route)), "{}")

        assert answer.status not in {401, 403, 404}
