"""
Second factors of staff: codes of an app (TOTP, RFC 6238), and recovery codes that work once.

Of recovery codes only a keyed hash is stored. TOTP can't be checked without its secret: it lies in
the database as it is, see ADR 55.
"""

import secrets
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django_otp import verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # None that is taken for another.
CODE_LENGTH = 12  # 59 bits.
HASH_LENGTH = 16  # Hexadecimal digits, as many as the column holds: 64 bits.
DIGITS = 6


class TooManyCodes(Exception):
    """Codes were wrong so often that none is looked at for a while."""


def has_second_factor(user: Any) -> bool:
    """Return whether the user's session gave a second factor, or none is wanted."""
    if not settings.STAFF_SECOND_FACTOR:
        return True
    return bool(getattr(user, "otp_device", None))


def device_of(user: Any) -> Any:
    """Return the user's app for codes; None until one is set up."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def new_device(user: Any) -> Any:
    """Return the app that the user is about to set up: the same until it is confirmed."""
    found, _ = TOTPDevice.objects.get_or_create(
        user=user, confirmed=False, defaults={"name": "app"}
    )
    return found


@transaction.atomic
def confirm(user: Any, code: str) -> list[str] | None:
    """
    Take the app that the user sets up, and return fresh recovery codes; None if the code is wrong.

    :raises TooManyCodes: if the latest were wrong.
    """
    device = TOTPDevice.objects.select_for_update().get(pk=new_device(user).pk)
    _refuse_if_throttled(device)
    if device_of(user) is not None or not device.verify_token(plain_code(code)):
        return None
    device.confirmed = True
    device.save()
    StaticDevice.objects.filter(user=user).delete()
    recovery = StaticDevice.objects.create(user=user, name="recovery", confirmed=True)
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    tokens = [StaticToken(device=recovery, token=_hash(plain_code(each))) for each in codes]
    StaticToken.objects.bulk_create(tokens)
    return codes


def verified(user: Any, code: str) -> Any:
    """
    Return the device whose code it is: the app, or the recovery codes. None if it is wrong.

    :raises TooManyCodes: if the latest were wrong.
    """
    code = plain_code(code)
    is_of_app = len(code) == DIGITS and code.isdecimal()
    model = TOTPDevice if is_of_app else StaticDevice
    device = model.objects.filter(user=user, confirmed=True).first()
    if device is None:
        return None
    _refuse_if_throttled(device)
    return verify_token(user, device.persistent_id, code if is_of_app else _hash(code))


def recovery_codes_left(user: Any) -> int:
    """Return how many recovery codes the user has."""
    return int(StaticToken.objects.filter(device__user=user).count())


@transaction.atomic
def remove_second_factor(user: Any) -> int:
    """Remove the user's app and recovery codes. Return how many of both there were."""
    removed = 0
    for model in (TOTPDevice, StaticDevice):
        removed += model.objects.filter(user=user).delete()[0]
    return removed


def plain_code(code: str) -> str:
    """Return a code as it is compared: without what people put between its letters."""
    return "".join(each for each in code.lower() if each.isalnum())


def _refuse_if_throttled(device: Any) -> None:
    is_allowed, told = device.verify_is_allowed()
    if not is_allowed:
        until = told["locked_until"]
        raise TooManyCodes(
            gettext(
                "The latest codes were wrong. The next is looked at from {time} (UTC) on."
            ).format(time=f"{until:%H:%M:%S}")
        )


def _new_code() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, CODE_LENGTH, 4))


def _hash(code: str) -> str:
    digest = salted_hmac("billing.staff.recovery", code, algorithm="sha256").hexdigest()
    return digest[:HASH_LENGTH]
