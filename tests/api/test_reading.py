"""The pages on which people read the API's description."""

import re
import subprocess
import sys

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

ASKED_AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
import django
django.setup()
from django.test import RequestFactory
from billing.api.description.reading import openapi
from config import urls
sys.setswitchinterval(1e-6)
with ThreadPoolExecutor(4) as pool:
    print(*pool.map(lambda _: openapi(RequestFactory().get("/")).status_code, range(4)))
"""
ASSET = re.compile(r'(?:src|href)="([^"]+)"')


@pytest.mark.parametrize("page", ["docs", "redoc"])
class TestPages:
    def test_they_ask_no_other_host(self, page: str) -> None:
        answer = Client().get(f"/api/v1/{page}")

        assets = ASSET.findall(answer.content.decode())
        assert answer.status_code == 200
        assert len(assets) >= 5
        assert [each for each in assets if not re.match(r"/(?!/)", each)] == []
        assert "default-src 'self'; script-src 'self';" in answer["Content-Security-Policy"]

    def test_they_run_no_script_of_their_own(self, page: str) -> None:
        text = Client().get(f"/api/v1/{page}").content.decode()

        assert re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|<style|style=", text) == []

    def test_what_they_load_is_there(self, page: str) -> None:
        text = Client().get(f"/api/v1/{page}").content.decode()

        files = [each for each in ASSET.findall(text) if each.startswith("/static/")]
        assert files
        assert [each for each in files if not finders.find(each.removeprefix("/static/"))] == []

    def test_what_they_show_is_served(self, page: str) -> None:
        text = Client().get(f"/api/v1/{page}").content.decode()

        (address,) = re.findall(r'data-description="([^"]+)"', text)
        assert Client().get(address).json()["openapi"].startswith("3.1")


def test_a_fresh_process_describes_the_api_to_several_at_once() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASKED_AT_ONCE], check=True, capture_output=True, text=True
    )

    assert asked.stdout.split() == ["200"] * 4, asked.stderr


class TestIndex:
    def test_it_tells_anyone_where_to_begin(self) -> None:
        index = Client().get("/api/v1/").json()

        assert index["openapi"] == "http://testserver/api/v1/openapi.json"
        assert index["redoc"] == "http://testserver/api/v1/redoc"
        assert index["resources"]["customers"] == "http://testserver/api/v1/customers"

    def test_all_that_it_names_is_there(self) -> None:
        index = Client().get("/api/v1/").json()

        # Without a key, what is there asks for one.
        asked = {name: Client().get(url) for name, url in index["resources"].items()}
        assert len(asked) >= 30
        assert {name for name, answer in asked.items() if answer.status_code != 401} == set()

    def test_it_is_found_without_the_slash(self) -> None:
        answer = Client().get("/api/v1", follow=True)

        assert answer.redirect_chain == [("/api/v1/", 302)]
        assert answer.json()["name"] == "Anlass"
