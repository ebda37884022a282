"""Keys that make no sense are refused by the table, whoever writes them."""

from collections.abc import Callable

import pytest
from django.db import DataError, transaction

from billing.sellers.models import ApiKey, Seller
from tests import factories
from tests.contracts.conftest import refused


@pytest.fixture
def key(seller: Seller) -> ApiKey:
    factories.api_key(seller)
    return ApiKey.objects.get()


class TestKeys:
    @pytest.mark.parametrize("scopes", ["{customers:read,x}", "{customers:delete}", "{**}"])
    def test_a_scope_is_a_known_one(
        self, sql: Callable[..., None], key: ApiKey, scopes: str
    ) -> None:
        with refused("api_key_scopes_known"):
            sql("UPDATE billing_apikey SET scopes = %s", scopes)

    def test_it_has_a_scope(self, sql: Callable[..., None], key: ApiKey) -> None:
        with refused("api_key_has_scopes"):
            sql("UPDATE billing_apikey SET scopes = '{}'")

    def test_it_expires_after_it_was_made(self, sql: Callable[..., None], key: ApiKey) -> None:
        with refused("api_key_expires_after_creation"):
            sql("UPDATE billing_apikey SET expires_at = created_at")

    @pytest.mark.parametrize("network", ["10.0.0.1/8", "x", "10.0.0.0/33"])
    def test_a_network_is_one(self, sql: Callable[..., None], key: ApiKey, network: str) -> None:
        with pytest.raises(DataError, match="cidr"), transaction.atomic():
            sql("UPDATE billing_apikey SET allowed_networks = ARRAY[%s]::text[]::cidr[]", network)

    def test_it_replaces_another(self, sql: Callable[..., None], key: ApiKey) -> None:
        with refused("api_key_replaces_another"):
            sql("UPDATE billing_apikey SET replaces_id = id")

    def test_a_key_is_replaced_once(
        self, sql: Callable[..., None], seller: Seller, key: ApiKey
    ) -> None:
        for _ in range(2):
            factories.api_key(seller)

        with refused("billing_apikey_replaces_id_key"):
            sql("UPDATE billing_apikey SET replaces_id = %s WHERE id <> %s", key.pk, key.pk)
