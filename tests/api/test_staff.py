"""Staff look at what an app of their seller would see, and write nothing."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from billing.sellers.models import Membership, Seller
from tests import factories
from tests.api.conftest import Answer
from tests.api.routes import ROUTES, VIEWS, WRITES


def staff(*sellers: Seller, may: bool = True, **given: bool) -> Client:
    """The browser of a signed-in user who works for the sellers, and may read the API."""
    user = User.objects.create_user("ada", **{"is_staff": True, **given})
    if may:
        user.user_permissions.add(Permission.objects.get(codename="read_api"))
    for seller in sellers:
        Membership.objects.create(seller=seller, user=user)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def look(client: Client, path: str = "/seller", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(client.get(f"/api/v1{path}", headers=named))


class TestLooking:
    def test_staff_see_their_seller(self, seller: Seller) -> None:
        assert look(staff(seller)).body["id"] == str(seller.pk)

    @pytest.mark.parametrize(
        "route",
        [
            route
            for route, method in ROUTES
            if method == "GET" and "<" not in route and not VIEWS[route].notes
        ],
    )
    def test_staff_see_every_list(self, seller: Seller, route: str) -> None:
        assert look(staff(seller), f"/{route}").status not in {401, 403, 404, 500}

    def test_what_notes_something_takes_a_key(self, seller: Seller) -> None:
        answer = look(staff(seller), "/exports/datev?issued_from=2026-01-01&issued_to=2026-01-31")

        assert (answer.status, answer.code) == (403, "staff_write_nothing")

    def test_without_the_permission_there_is_nothing(self, seller: Seller) -> None:
        assert look(staff(seller, may=False)).status == 401

    def test_of_several_sellers_one_is_named(self, seller: Seller) -> None:
        other = factories.seller()
        client = staff(seller, other)

        assert (look(client).status, look(client).code) == (403, "seller_not_named")
        for each in (seller, other):
            assert look(client, Anlass_Seller=str(each.pk)).body["id"] == str(each.pk)

    @pytest.mark.parametrize("superuser", [False, True])
    def test_a_seller_of_others_is_as_if_it_were_not_there(
        self, seller: Seller, *, superuser: bool
    ) -> None:
        client = staff(seller, is_superuser=superuser)
        other = factories.seller()
        nobody = look(Client())

        for named in (str(other.pk), "x", "\0"):
            answer = look(client, Anlass_Seller=named)
            assert answer.status == 401
            assert answer.without_request_id == nobody.without_request_id

    def test_a_row_of_others_is_not_there(self, seller: Seller) -> None:
        foreign = factories.customer(factories.seller())

        assert look(staff(seller), f"/customers/{foreign.pk}").status == 404

    def test_a_key_counts_before_a_session(self, seller: Seller) -> None:
        key = factories.api_key(factories.seller(name="Of the key"))

        answer = look(staff(seller), Authorization=f"Bearer {key}")

        assert answer.body["name"] == "Of the key"
        assert look(staff_of_none(), Authorization="Bearer x").status == 401


def staff_of_none() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


class TestNobodyElse:
    def test_without_a_membership_a_superuser_is_nobody(self, seller: Seller) -> None:
        answer = look(staff_of_none())

        assert (answer.status, answer.code) == (401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'

    @pytest.mark.parametrize("lack", ["is_staff", "is_active"])
    def test_who_is_no_staff_any_more_is_nobody(self, seller: Seller, lack: str) -> None:
        client = staff(seller)
        User.objects.update(**{lack: False})

        assert look(client).status == 401

    @pytest.mark.parametrize(
        ("route", "method"), [(route, method) for route, method in ROUTES if method in WRITES]
    )
    def test_staff_write_nothing(self, seller: Seller, route: str, method: str) -> None:
        """Previews neither: what a page of another site could make a browser send is refused."""
        path = f"/api/v1/{route}".replace("<reference:id>", "ext:x")

        answer = Answer(staff(seller).generic(method, path, "{}", "application/json"))

        assert (answer.status, answer.code) == (401, "not_authenticated")
