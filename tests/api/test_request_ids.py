"""Every answer bears a request's id, and so does each line of the log on its way."""

import logging

import pytest
from django.http import HttpRequest, HttpResponse

from billing.api.request_ids import RequestIdFilter, request_id, with_request_id
from billing.sellers.models import Seller
from tests.api.conftest import App

logger = logging.getLogger(__name__)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.handler.addFilter(RequestIdFilter())
    caplog.handler.setFormatter(logging.Formatter("%(message)s%(request)s"))
    return caplog


def view(request: HttpRequest) -> HttpResponse:
    logger.warning("on the way")
    return HttpResponse(request_id())


class TestLog:
    def test_lines_on_the_way_bear_it(self, lines: pytest.LogCaptureFixture) -> None:
        request = HttpRequest()
        request.META["HTTP_X_REQUEST_ID"] = "shop-42"

        answer = with_request_id(view)(request)

        assert lines.text == "on the way [shop-42]\n"
        assert isinstance(answer, HttpResponse)
        assert (answer.content, answer["X-Request-ID"]) == (b"shop-42", "shop-42")

    def test_other_lines_bear_none(self, lines: pytest.LogCaptureFixture) -> None:
        with_request_id(view)(HttpRequest())
        lines.clear()

        logger.warning("later")

        assert lines.text == "later\n"

    def test_a_defect_is_logged_under_it(
        self,
        app: App,
        seller: Seller,
        lines: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def break_down(*_: object) -> None:
            raise AssertionError

        monkeypatch.setattr("billing.api.sellers.commands.change_seller", break_down)

        answer = app.patch("/seller", {"phone": "1"}, X_Request_ID="shop-42")

        assert (answer.status, answer.code) == (500, "defect")
        assert "defect [shop-42]" in lines.text


@pytest.mark.parametrize("path", ["/seller", "/nothing", "http://testserver/healthz"])
def test_every_answer_bears_one(app: App, path: str) -> None:
    assert len(app.get(path).headers["X-Request-ID"]) == 36
