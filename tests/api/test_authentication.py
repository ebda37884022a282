"""Who may call."""

import secrets

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.sellers.commands import (
    SHOWN_CHARACTERS,
    ApiKeyRefused,
    create_api_key,
    hash_of_key,
    revoke_api_key,
)
from billing.sellers.models import ApiKey, Seller
from tests import factories
from tests.api.conftest import App


class TestAuthentication:
    def test_without_a_key_nobody_is_let_in(self, db: None) -> None:
        answer = App(None).get("/seller")

        assert (answer.status, answer.code) == (401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'

    @pytest.mark.parametrize(
        "key",
        [
            "",
            "x",
            "anl_test_",
            "anl_test_" + "A" * 43,
            "anl_live_" + "A" * 43,
            "anl_test_" + "\u00e4" * 43,
            "anl_test_" + "A" * 100_000,
            "'; DROP TABLE billing_seller; --",
        ],
    )
    def test_a_wrong_key_is_refused(self, db: None, key: str) -> None:
        answer = App(None).get("/seller", Authorization=f"Bearer {key}")

        assert (answer.status, answer.code) == (401, "authentication_failed")

    def test_the_rest_of_the_key_counts(self, seller: Seller) -> None:
        key = factories.api_key(seller)
        forged = key[:-1] + ("A" if key[-1] != "A" else "B")

        assert App(forged).get("/seller").status == 401

    def test_a_revoked_key_is_refused(self, seller: Seller) -> None:
        app = App(factories.api_key(seller))
        revoke_api_key(api_key=ApiKey.objects.get(seller=seller), at=factories.AT)

        assert (app.get("/seller").status, app.get("/seller").code) == (
            401,
            "authentication_failed",
        )

    def test_only_bearer_is_known(self, seller: Seller) -> None:
        key = factories.api_key(seller)

        assert App(None).get("/seller", Authorization=f"Api-Key {key}").status == 401
        assert App(None).get("/seller", Authorization=f"bearer {key}").status == 200

    def test_a_key_of_the_other_mode_is_refused(self, seller: Seller) -> None:
        """Whoever recorded it, past the command: a key for trying out bills nobody."""
        factories.api_key(seller)
        key = f"anl_live_{secrets.token_urlsafe(32)}"
        ApiKey.objects.update(prefix=key[:SHOWN_CHARACTERS], secret_hash=hash_of_key(key))

        assert App(key).get("/seller").status == 401

    def test_it_costs_one_query(self, app: App) -> None:
        """But for the first in a minute, which notes that the key is used."""
        app.get("/seller")
        with CaptureQueriesContext(connection) as queries:
            app.get("/seller")

        # The others are the transaction, with its limit in time, and the seller as it is.
        assert ["billing_apikey" in query["sql"] for query in queries] == [
            True,
            False,
            False,
            False,
            False,
        ]


class TestKeysOfTheStack:
    def test_a_key_that_was_made_beforehand_is_taken(self, db: None) -> None:
        seller = factories.seller()
        key = f"anl_test_{secrets.token_urlsafe(40)}"
        create_api_key(seller=seller, name="Demo", at=factories.AT, key=key)

        answer = Client().get("/api/v1/seller", headers={"Authorization": f"Bearer {key}"})

        assert answer.status_code == 200

    def test_one_of_the_other_mode_is_not_made(self, db: None) -> None:
        key = f"anl_live_{secrets.token_urlsafe(40)}"

        with pytest.raises(ApiKeyRefused, match="anl_test_"):
            create_api_key(seller=factories.seller(), name="Demo", at=factories.AT, key=key)
