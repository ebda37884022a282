"""The examples of the API's description are answers of the API: one story, told again each time."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from billing.sellers.commands import create_api_key
from config.demo.seller import DEMO_SELLER, make_seller
from tests.api.conftest import App
from tests.api.described import description
from tests.api.story import AT, Story, tell

STORED = Path("billing/api/description/examples.json")
WRITE = "WRITE_EXAMPLES"


def test_they_are_what_the_api_takes_and_answers(db: None, settings: Any) -> None:
    settings.VIES_URL = "http://127.0.0.1:1"  # Asked by workers, of which there are none.
    seller = make_seller(name=DEMO_SELLER, at=AT, clock=date(2026, 3, 1))
    _, key = create_api_key(seller=seller, name="Shop", at=AT)
    story = Story(App(key), seller)

    tell(story)

    text = json.dumps(story.noted, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if WRITE in os.environ:
        STORED.write_text(text, encoding="utf-8")
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert stored == story.noted, f"write them anew: {WRITE}=1 pytest {__file__}"


def test_each_operation_that_takes_or_answers_json_has_one() -> None:
    bare = [
        operation["operationId"]
        for path in description()["paths"].values()
        for operation in path.values()
        for content in (asked_for(operation), answered_with(operation))
        if content is not None and "example" not in content
    ]

    assert bare == [], "give it a turn in tests/api/story.py"


def asked_for(operation: dict[str, Any]) -> Any:
    """Return what an operation's body is told to be, if it has one."""
    return operation.get("requestBody", {}).get("content", {}).get("application/json")


def answered_with(operation: dict[str, Any]) -> Any:
    """Return what the operation's first answer of success is told to be, if that is JSON."""
    told = {status: answer for status, answer in operation["responses"].items() if status < "300"}
    contents = [answer.get("content", {}).get("application/json") for answer in told.values()]
    return next((each for each in contents if each and "example" in each), contents[0])
