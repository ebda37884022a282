"""
What schemathesis calls before and after each request: so that many succeed, and all are counted.

What is wrong on purpose stays as it is, and so does an eighth of everything else.
"""

import atexit
import copy
import itertools
import json
import os
import re
from collections import Counter, defaultdict
from http import HTTPStatus
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import (
    RejectedPositiveData,
    UndefinedContentType,
    UndefinedStatusCode,
)

from tests.api.bodies import BODIES
from tests.schemathesis.likely import (
    NAMES,
    is_chosen,
    likely,
    number_of,
    own,
    picked,
    with_likely,
)

COUNTS: defaultdict[str, Counter[int]] = defaultdict(Counter)
OWN_WORDS = (RejectedPositiveData, UndefinedContentType, UndefinedStatusCode)
KEPT = 500  # Names of a resource, at most.
OWN_NAMES = {"run_simulation"}  # What it names stands in the body itself.
# Full and valid bodies, by path and method.
KNOWN = {
    (re.sub(r"<[^:]*:(\w+)>", r"{\1}", route), method): [body for _, body in bodies]
    for (route, method), bodies in BODIES.items()
}


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Name what is there, but where the name is what is wrong on purpose."""
    if case.path_parameters and _is_valid(case, ParameterLocation.PATH):
        _name_in_path(case)
    if case.query and _is_valid(case, ParameterLocation.QUERY):
        _ask_likely(case.query)
    if case.headers and _is_valid(case, ParameterLocation.HEADER):
        _send_likely(case.headers)
    if isinstance(case.body, dict) and _is_valid(case, ParameterLocation.BODY):
        case.body = _likely_body(case)


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """
    Leave out what no schema can say.

    That fields are missing where others were asked for; and that the web server answers in its own
    words, by a status and media type of its own, where an address is too long for it.
    """
    is_partial = bool(case.query) and "fields" in case.query
    is_missing = [*getattr(failure, "schema_path", ())][-1:] == ["required"]
    is_too_long = response.status_code == HTTPStatus.REQUEST_URI_TOO_LONG
    return not (is_partial and is_missing) and not (is_too_long and isinstance(failure, OWN_WORDS))


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Count the answer, and learn what was made."""
    COUNTS[case.operation.label][response.status_code] += 1
    resource = case.operation.path.rpartition("/")[2]
    if response.status_code == 201 and not resource.startswith("{"):
        made = response.json()
        known = NAMES.setdefault(resource, [])
        if isinstance(made, dict) and "id" in made and len(known) < KEPT:
            known.append(str(made["id"]))


@atexit.register
def tell() -> None:
    """Write how often which status was answered, by operation."""
    Path(os.environ["FUZZED_COUNTS"]).write_text(json.dumps(COUNTS), encoding="utf-8")


def _is_valid(case: Any, location: ParameterLocation) -> bool:
    made = case.meta.components.get(location) if case.meta else None
    return made is None or not made.mode.is_negative


def _name_in_path(case: Any) -> None:
    made = case.path_parameters
    parts = [part for part in case.operation.path.split("/") if part]
    for before, part in itertools.pairwise(parts):
        name, known = part.strip("{}"), NAMES.get(before)
        if part == name or not known or not is_chosen(made[name]):
            continue
        if name == "document":  # With the invoice that it is of.
            made["id"], made[name] = known[0].split()
        elif case.operation.method.upper() == "DELETE" and len(known) > 1:
            made[name] = known.pop()
        else:
            made[name] = picked(known, made[name])


def _ask_likely(query: dict[str, Any]) -> None:
    if "cursor" in query and is_chosen(query["cursor"]):
        del query["cursor"]
    for name, value in query.items():
        if is_chosen(value):
            query[name] = likely(name, value)


def _send_likely(headers: Any) -> None:
    """Ask rarely for another state, and give each request a key of its own."""
    if "If-Match" in headers and is_chosen(headers["If-Match"]):
        del headers["If-Match"]
    if "Idempotency-Key" in headers and is_chosen(headers["Idempotency-Key"]):
        headers["Idempotency-Key"] = own()


def _likely_body(case: Any) -> Any:
    """Return the body with what is there; or a known one, with some of what was made in it."""
    made = case.body
    operation = case.operation
    known = KNOWN.get((operation.path.removeprefix("/api/v1/"), operation.method.upper()))
    number = number_of(made)
    if known and number % 4 > 0:
        some = {name: made[name] for name in made if not is_chosen([name, number], of=4)}
        made = {**copy.deepcopy(known[number // 4 % len(known)]), **some}
    is_own = operation.definition.raw["operationId"] in OWN_NAMES
    return made if is_own else with_likely(made)
