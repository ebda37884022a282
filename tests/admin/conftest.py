"""Two sellers, alpha and bravo, and a member of alpha's staff who is logged in."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.admin.houses import House, house, staff


@dataclass(frozen=True)
class Built:
    """What the tests of a module find: each test's own writes are rolled back to it."""

    alpha: House
    bravo: House
    ada: User


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Built]:
    with django_db_blocker.unblock(), transaction.atomic():
        alpha, bravo = house("alpha"), house("bravo")
        staff(bravo.seller, name="bravo-bob")
        yield Built(alpha, bravo, staff(alpha.seller))
        transaction.set_rollback(True)


@pytest.fixture
def alpha(built: Built, db: None) -> House:
    return deepcopy(built.alpha)


@pytest.fixture
def bravo(built: Built, db: None) -> House:
    return deepcopy(built.bravo)


@pytest.fixture
def ada(built: Built, db: None) -> User:
    return deepcopy(built.ada)


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
