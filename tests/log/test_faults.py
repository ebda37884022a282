"""What lines tell of errors: no secrets, no persons; and what they have in common."""

import socket

import pytest

from billing.happenings.faults import LONGEST_TRACE, clean, fingerprint, told_of

HIDDEN = [
    ("mail to alice.b@customer.example failed", "alice"),
    ("key anl_live_Zk3jYx8QpWv7TnR2sLm5 is unknown", "Zk3jYx8QpWv7TnR2sLm5"),
    ("signed by whsec_C2FVsBQIhrscChlQIMV/b5sSYspob7oD=", "C2FVsBQI"),
    ("Authorization: Bearer abc.def-ghi", "abc.def"),
    ("postgresql://anlass:hunter2@db:5432/anlass", "hunter2"),
    ("password=hunter2 host=db", "hunter2"),
    ("GET https://app.example/hook?token=hunter2&x=1 failed", "hunter2"),
    ("duplicate key\nDETAIL:  Key (name)=(Alice GmbH) already exists.\n", "Alice"),
    ('bad\nCONTEXT:  COPY billing_customer, line 1: "Alice\tBerlin"\nmore', "Alice"),
    ("{'alice@customer.example': (550, b'No such user')}", "alice"),
]


@pytest.mark.parametrize(("text", "secret"), HIDDEN)
def test_what_nobody_needs_is_hidden(text: str, secret: str) -> None:
    assert secret not in clean(text)


@pytest.mark.parametrize(
    "text",
    [
        f"worker-1@{socket.gethostname()} ready.",
        "relay ready",
        "Order 4711 of contract 0190a3b4-0000-7000-8000-000000000000 is missing",
        'connection to server at "127.0.0.1", port 5432 failed: Connection refused',
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert clean(text) == text


def _fail(message: str) -> None:
    raise ValueError(message)


def _raised(message: str) -> ValueError:
    try:
        _fail(message)
    except ValueError as error:
        return error
    raise AssertionError


def test_errors_of_one_cause_have_one_fingerprint() -> None:
    of_one = "Plan 'gold' of 0190a3b4-0000-7000-8000-000000000000 has no price on 2026-01-01"
    of_other = "Plan 'blue' of 0190a3b4-0000-7000-8000-111111111111 has no price on 2027-02-03"

    same = {told_of(_raised(text))["anlass.error.fingerprint"] for text in (of_one, of_other)}

    assert len(same) == 1


def test_other_causes_have_others() -> None:
    made = {
        fingerprint("ValueError", "billing.money:rounded", "no price"),
        fingerprint("KeyError", "billing.money:rounded", "no price"),
        fingerprint("ValueError", "billing.money:added", "no price"),
        fingerprint("ValueError", "billing.money:rounded", "no rate"),
    }

    assert len(made) == 4


def test_a_long_trace_keeps_its_beginning_and_its_end() -> None:
    told = told_of(_raised("x" * 50_000 + "the end"))

    assert len(str(told["error.stack_trace"])) < LONGEST_TRACE + 10
    assert str(told["error.stack_trace"]).startswith("Traceback")
    assert str(told["error.stack_trace"]).rstrip().endswith("the end")
