"""How the mail server is named in the environment."""

from pathlib import Path
from typing import Any

import pytest
from django.utils.module_loading import import_string

from config import env


class TestEmailUrl:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("smtp://127.0.0.1:2525", {"host": "127.0.0.1", "port": 2525, "tls": False}),
            ("smtps://mail.example", {"port": 465, "tls": True, "starttls": False}),
            ("smtp+tls://a%40b:p%2Fw@mail.example", {"port": 587, "starttls": True, "user": "a@b"}),
            ("smtp+tls://a:p%2Fw@mail.example", {"password": "p/w"}),
            ("", {"host": "", "user": ""}),
        ],
    )
    def test_it_says_all(
        self, monkeypatch: pytest.MonkeyPatch, url: str, expected: dict[str, Any]
    ) -> None:
        monkeypatch.setenv("EMAIL_URL", url)

        assert env.mail("EMAIL_URL").items() >= expected.items()

    @pytest.mark.parametrize("url", ["mail.example:25", "http://mail.example", "smtp://"])
    def test_what_is_none_fails_at_the_start(
        self, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        monkeypatch.setenv("EMAIL_URL", url)

        with pytest.raises(env.SettingMissing, match="smtp"):
            env.mail("EMAIL_URL")


class TestDocumentStorage:
    @pytest.mark.parametrize("given", [{}, {"DOCUMENTS_BUCKET": "bills"}])
    def test_it_can_be_made(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str]
    ) -> None:
        monkeypatch.delenv("DOCUMENTS_ROOT", raising=False)
        for name, value in given.items():
            monkeypatch.setenv(name, value)

        said = env.document_storage("DOCUMENTS", folder=tmp_path)
        made = import_string(said["BACKEND"])(**said["OPTIONS"])

        assert getattr(made, "bucket_name", None) == given.get("DOCUMENTS_BUCKET")
