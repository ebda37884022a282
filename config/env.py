"""Typed readers of the environment: one per kind; what is missing fails at the start."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.config import Config

# Settings for commands that need no service: nothing listens at these addresses.
UNSERVED = {
    "SECRET_KEY": "unserved",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "BROKER_URL": "sqs://none:none@127.0.0.1:1",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


_YES, _NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


class SettingMissing(Exception):
    """A setting that has no default was not given in the environment."""


def text(name: str, default: str | None = None) -> str:
    """
    Return the setting `name`, or the contents of the file that `<name>_FILE` names.

    :raises SettingMissing: if neither is given and there is no default.
    """
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingMissing(f"{name}_FILE can't be read: {error}.") from error
    value = os.environ.get(name, default)
    if value is None:
        raise SettingMissing(
            f"{name} is not set. Give {name} or {name}_FILE in the environment"
            " (`make run` and `make test` set it for the embedded stack)."
        )
    return value


def number(name: str, default: int, *, at_least: int = 0) -> int:
    """
    Return a whole-number setting.

    :raises SettingMissing: if it is none, or less than `at_least`.
    """
    value = text(name, str(default))
    try:
        found = int(value)
    except ValueError as error:
        raise SettingMissing(f"{name} must be a whole number, not {value!r}.") from error
    if found < at_least:
        raise SettingMissing(f"{name} must be at least {at_least}, not {value}.")
    return found


def flag(name: str, *, default: bool) -> bool:
    """
    Return a yes/no setting; `1`, `true`, `yes` and `on` mean yes, `0`, `false`, `no` and `off` no.

    :raises SettingMissing: if it says anything else.
    """
    said = text(name, str(default)).lower()
    if said not in _YES | _NO:
        raise SettingMissing(f"{name} must be yes or no, not {said!r}.")
    return said in _YES


def choice(name: str, default: str, *, of: Sequence[str]) -> str:
    """
    Return a setting that names one of a few things.

    :raises SettingMissing: if it names none of them.
    """
    said = text(name, default).lower()
    if said not in of:
        raise SettingMissing(f"{name} must be one of {', '.join(of)}, not {said!r}.")
    return said


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated setting as a list without empty entries."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def document_storage(prefix: str, *, folder: Path) -> dict[str, Any]:
    """
    Return Django's storage of documents: a bucket where `<prefix>_BUCKET` names one, else a folder.

    The folder is that of `<prefix>_ROOT`. Credentials of the bucket are found as boto3 finds them;
    `<prefix>_BUCKET_URL` is the address of another S3 than Amazon's.
    """
    if bucket := text(f"{prefix}_BUCKET", ""):
        options: dict[str, Any] = {
            "bucket_name": bucket,
            "endpoint_url": text(f"{prefix}_BUCKET_URL", "") or None,
            "file_overwrite": False,
            "default_acl": None,
            # Away is told well before a task's time is over.
            "client_config": Config(
                connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 2}
            ),
        }
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    location = text(f"{prefix}_ROOT", str(folder))
    return {
        "BACKEND": "invoices.documents.folder.DocumentFolder",
        "OPTIONS": {
            "location": location,
            "file_permissions_mode": 0o640,
            "directory_permissions_mode": 0o750,
        },
    }


def mail(name: str) -> dict[str, Any]:
    """
    Return how to reach the mail server that `smtp://user:password@host:port` names.

    `smtps://` speaks TLS from the first byte, `smtp+tls://` after STARTTLS. Without the setting
    the host is empty: nothing is sent.
    """
    url = urlsplit(text(name, ""))
    if url.scheme not in {"", "smtp", "smtps", "smtp+tls"} or bool(url.scheme) != bool(
        url.hostname
    ):
        raise SettingMissing(f"{name} must be a URL such as smtp+tls://user:password@host:587.")
    return {
        "host": url.hostname or "",
        "port": url.port or {"smtps": 465, "smtp+tls": 587}.get(url.scheme, 25),
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "starttls": url.scheme == "smtp+tls",
        "tls": url.scheme == "smtps",
    }


def database(name: str) -> dict[str, Any]:
    """
    Return Django's connection settings for a `postgresql://user:password@host:port/name` URL.

    Its parameters (`?sslmode=require`) are those of libpq.
    """
    url = urlsplit(text(name))
    if url.scheme not in {"postgres", "postgresql"} or not url.path.lstrip("/"):
        raise SettingMissing(f"{name} must be a URL such as postgresql://user@host:5432/database.")
    return {
        "ENGINE": "django_prometheus.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or 5432),
        "OPTIONS": dict(parse_qsl(url.query)),  # For example sslmode=require.
    }
