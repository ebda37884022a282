"""All codes of problems: with which status each comes, what it means, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from billing.api.problems import FRAMEWORK, Refusal, all_told, shape

AS_DETAIL_SAYS = "Do what `detail` says; unchanged, it is refused again."
LATER = "Wait for `Retry-After` seconds, then send it again under the same Idempotency-Key."
REMEDIES = {
    HTTPStatus.BAD_REQUEST: "Mend the fields that `errors` names, as `detail` says.",
    HTTPStatus.NOT_FOUND: "Check the address and the id: the key's seller has no such row.",
    HTTPStatus.TOO_MANY_REQUESTS: LATER,
    HTTPStatus.INTERNAL_SERVER_ERROR: "Report it, with the `request_id`.",
    HTTPStatus.SERVICE_UNAVAILABLE: LATER,
}


@dataclass(frozen=True, slots=True)
class ProblemCode:
    """A code that apps can rely on."""

    code: str
    statuses: tuple[int, ...]
    means: str
    remedy: str


def problem_codes() -> list[ProblemCode]:
    """Return all codes in the order of the alphabet."""
    found: dict[str, list[tuple[str, Refusal]]] = {"validation_failed": [_VALIDATION]}
    for kind, (means, remedy) in FRAMEWORK.items():
        refusal = Refusal(kind.status_code, str(kind.default_code), means=means, remedy=remedy)
        found[refusal.code] = [(means, refusal)]
    for means, refusal in all_told():
        found.setdefault(refusal.code, []).append((means, refusal))
    return [_code(code, found[code]) for code in sorted(found)]


def statuses() -> dict[str, tuple[int, ...]]:
    """Return with which statuses each code comes."""
    return {each.code: each.statuses for each in problem_codes()}


def example_of(status: int, codes: Sequence[str]) -> dict[str, Any]:
    """Return a problem as it may look: that of a wrong field, else the first of the codes."""
    code = "validation_failed" if "validation_failed" in codes else codes[0]
    told = next(each for each in problem_codes() if each.code == code)
    detail, errors = f"{told.means} {told.remedy}", []
    if code == "validation_failed":
        detail = f"{WRONG['field']}: {WRONG['detail']}"
        errors = [WRONG]
    return shape(status, code, detail, errors=errors, request_id="019ca8d26c4070008000000000000001")


WRONG = {
    "field": "limit",
    "code": "max_value",
    "detail": "Give 100 or less.",
}
_VALIDATION = (
    "",
    Refusal(400, "validation_failed", means="A field or parameter is wrong, missing or unknown."),
)


def _code(code: str, told: list[tuple[str, Refusal]]) -> ProblemCode:
    refusals = [refusal for _, refusal in told]
    said = [refusal.means for refusal in refusals if refusal.means]
    # A code that several constraints give means what they have in common: each has its detail.
    texts = said or list(dict.fromkeys(_first_sentence(means) for means, _ in told if means))
    remedy = next((each.remedy for each in refusals if each.remedy), "")
    status = HTTPStatus(refusals[0].status)
    return ProblemCode(
        code=code,
        statuses=tuple(sorted({refusal.status for refusal in refusals})),
        means=" Or: ".join(texts[:3]) or refusals[0].detail,
        remedy=remedy or REMEDIES.get(status, AS_DETAIL_SAYS),
    )


def _first_sentence(text: str) -> str:
    return " ".join(text.split("\n\n", maxsplit=1)[0].split())
