"""Two sellers, alpha and bravo, and a member of alpha's staff who is logged in."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.admin.houses import House, house, staff


@pytest.fixture
def alpha(db: None) -> House:
    return house("alpha")


@pytest.fixture
def bravo(db: None) -> House:
    bravo = house("bravo")
    staff(bravo.seller, name="bravo-bob")
    return bravo


@pytest.fixture
def ada(alpha: House) -> User:
    return staff(alpha.seller)


@pytest.fixture
def client(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def root(db: None) -> Client:
    client = Client()
    client.force_login(staff(name="root", superuser=True))
    return client
