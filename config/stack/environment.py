"""The settings that the stack gives to the engine's processes."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from config.stack.places import Places
from config.stack.ports import HOST

URLS = ("DATABASE_URL", "BROKER_URL", "REDIS_URL", "EMAIL_URL")


def given(name: str) -> str | None:
    """Return a setting of the environment, or the contents of the file that `<name>_FILE` names."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(name) or None


def compose(places: Places, services: Iterable[dict[str, str]]) -> dict[str, str]:
    """
    Return the settings that the engine needs to find everything.

    What the environment gives already stays as it is: it replaces the embedded part.
    """
    settings = {
        "SECRET_KEY": places.secret("secret-key"),
        "SECURE_COOKIES": "0",
        "STAFF_SECOND_FACTOR": "no",  # Reached from this machine alone.
        "STATIC_FROM_SOURCE": "1",
        "WEBHOOKS_TO_LOOPBACK": "1",
        "PYTHONUNBUFFERED": "1",
        "LOG_FORMAT": "console",  # Of commands in a terminal; the stack's own processes differ.
        "SERVICE_ENVIRONMENT": "development",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DOCUMENTS_ROOT": str(places.folder("documents")),
    }
    if sys.platform == "darwin":
        # Else macOS ends a forked worker that had used a system library before the fork.
        settings["OBJC_DISABLE_INITIALIZE_FORK_SAFETY"] = "YES"
    for service in services:
        settings |= service
    told = {name: value for name in (*settings, *URLS) if (value := given(name)) is not None}
    return settings | told | _no_proxy()


def _no_proxy() -> dict[str, str]:
    # boto3 would send calls to loopback through a proxy that the environment names.
    names = [os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "", HOST, "localhost"]
    value = ",".join(name for name in names if name)
    return {"NO_PROXY": value, "no_proxy": value}
