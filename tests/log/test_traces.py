"""W3C Trace Context: what callers say is taken where it is valid."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.happenings import traces
from billing.happenings.spans import kept_for, lent_id, request_span
from billing.happenings.traces import Trace, of_transaction, read, read_kept
from billing.ids import new_id

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEX = "0123456789abcdef"


@pytest.mark.parametrize("flags", ["00", "01", "03"])
def test_a_valid_one_is_taken(flags: str) -> None:
    found = read(f"00-{TRACE}-{SPAN}-{flags}", "a=1,b=2")

    assert found == Trace(TRACE, SPAN, is_sampled=flags != "00", state="a=1,b=2")


def test_of_later_versions_what_is_known_is_taken() -> None:
    later = read(f"cc-{TRACE}-{SPAN}-01-what-the-future-holds")

    assert later == Trace(TRACE, SPAN, is_sampled=True)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "nonsense",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-\u0660\u0661",
        f"cc-{TRACE}-{SPAN}-01more",
    ],
)
def test_an_invalid_one_is_begun_anew(said: str) -> None:
    assert read(said) is None


def test_a_state_that_is_too_long_is_left() -> None:
    found = read(f"00-{TRACE}-{SPAN}-01", "a=" + "x" * 511)

    assert found is not None
    assert found.state == ""


@given(
    st.text(HEX, min_size=32, max_size=32).filter(lambda text: int(text, 16)),
    st.text(HEX, min_size=16, max_size=16).filter(lambda text: int(text, 16)),
    st.booleans(),
    st.from_regex(r"[a-z]{1,8}=[a-z0-9:/]{1,40}", fullmatch=True) | st.just(""),
)
def test_what_is_kept_is_read_again(trace: str, span: str, sampled: bool, state: str) -> None:
    told = Trace(trace, span, sampled, state)

    assert read_kept(told.kept) == told
    assert len(told.kept) <= 600


@given(st.text(max_size=80))
def test_anything_may_be_said(said: str) -> None:
    found = read(said)

    assert found is None or read(found.traceparent) == found


class TestOfTransaction:
    def test_it_has_the_transactions_id(self) -> None:
        transaction_id = UUID("01a20a7d-7db4-73aa-a5a5-5c6e80ff435b")

        assert of_transaction(transaction_id).trace_id == "01a20a7d7db473aaa5a55c6e80ff435b"

    def test_the_first_transaction_of_a_request_takes_the_id_of_its_trace(self) -> None:
        with request_span("POST", caller=None) as span:
            first, second = lent_id(), lent_id()
            kept = kept_for(first or new_id(), begins=True)
            other = kept_for(new_id(), begins=True)

        assert first is not None
        assert (first.hex, second) == (span.trace.trace_id, None)
        assert kept == ""
        assert other == span.trace.kept

    def test_a_callers_trace_is_kept_and_lends_no_id(self) -> None:
        with request_span("POST", caller=Trace(TRACE, SPAN, state="a=1")) as span:
            kept = kept_for(new_id(), begins=True)
            lent = lent_id()

        assert lent is None
        assert kept == f"00-{TRACE}-{span.trace.span_id}-00 a=1"

    def test_outside_of_all_nothing_is_kept(self) -> None:
        assert kept_for(new_id(), begins=True) == ""
        assert traces.current.get() is None
