"""Who acts, and from where: what is noted beside each action."""

import getpass
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

ORIGIN = "staff_origin"  # Where the middleware leaves it on a request.
NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a request came from, and the id under which the log tells of it."""

    address: str | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. The name stays when the user is gone."""

    user_id: int | None
    name: str
    origin: Origin


def origin_of(request: HttpRequest) -> Origin:
    """Return where a request came from; nothing is known of one that passed no middleware."""
    found = getattr(request, ORIGIN, None)
    return found if isinstance(found, Origin) else Origin()


def actor_of(
    request: HttpRequest, *, user: Any = None, name: str = "", is_anonymous: bool = False
) -> Actor:
    """Return who sent a request: its user, or the `name` that was tried where there is none."""
    user = user or getattr(request, "user", None)
    is_known = not is_anonymous and user is not None and user.is_authenticated
    found = origin_of(request)
    address = found.address if settings.STAFF_LOG_ADDRESSES else None
    return Actor(
        user_id=user.pk if is_known else None,
        name=(user.get_username() if is_known else name) or NOBODY,
        origin=Origin(address=address, request_id=found.request_id),
    )


def actor_of_command() -> Actor:
    """Return who runs a command: the operating system's user."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # A user without a name, as containers have them.
        name = NOBODY
    return Actor(user_id=None, name=f"manage.py by {name}", origin=Origin())
