"""The tutorial and the recipes: their commands, run as they stand against the running engine."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from billing.sellers.commands import create_api_key
from config.demo.seller import DEMO_SELLER, make_seller
from tests.chaos.engine import Engine

DOCS = Path("docs/api")
BLOCK = re.compile(r"^```(sh|json|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
MARK = "=====block====="

pytestmark = pytest.mark.skipif(
    not all(shutil.which(name) for name in ("bash", "curl", "jq")), reason="needs bash, curl and jq"
)


@pytest.fixture
def environ(engine: Engine, tmp_path: Path) -> dict[str, str]:
    """A shell's variables: where the engine runs, and the key of a seller without customers."""
    at = timezone.now()
    _, key = create_api_key(seller=make_seller(name=DEMO_SELLER, at=at), name="Tutorial", at=at)
    engine.start("relay", "worker-1", "worker-3")
    return {
        "ANLASS": engine.serve(),
        "KEY": key,
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
    }


@pytest.mark.timeout(600)
class TestDocs:
    def test_the_commands_do_what_is_shown(self, environ: dict[str, str], tmp_path: Path) -> None:
        pages = [blocks(name) for name in ("tutorial.md", "recipes.md")]
        commands = [text for page in pages for kind, text in page if kind == "sh"]

        outputs = run(commands, environ, tmp_path)

        assert len(outputs) == len(commands)
        assert (tmp_path / "invoice.pdf").read_bytes().startswith(b"%PDF-")
        for shown, output in zip(shown_after(pages), outputs, strict=True):
            if shown is not None:
                check(shown, last_value(output))

    def test_the_loop_for_errors_tells_and_goes_on(
        self, environ: dict[str, str], tmp_path: Path
    ) -> None:
        (program,) = (text for kind, text in blocks("recipes.md") if kind == "python")

        done = subprocess.run(
            [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
        )

        refused, made = done.stdout.splitlines()
        assert refused.startswith("validation_failed: country:")
        assert made == "Bob"


def blocks(name: str) -> list[tuple[str, str]]:
    return BLOCK.findall((DOCS / name).read_text(encoding="utf-8"))


def run(commands: list[str], environ: dict[str, str], folder: Path) -> list[str]:
    """Run blocks one after another in one shell; return what each said."""
    script = "set -eu -o pipefail\n" + f"\necho; echo {MARK}\n".join(commands)
    done = subprocess.run(
        ["bash", "-c", script],
        env=environ,
        cwd=folder,
        capture_output=True,
        timeout=400,
        check=False,
    )
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, said[-3000:] + done.stderr.decode()[-3000:]
    return said.split(MARK)


def shown_after(pages: list[list[tuple[str, str]]]) -> list[Any]:
    """Return for each block of commands the output that the page shows; None where it doesn't."""
    shown: list[Any] = []
    for page in pages:
        for kind, text in page:
            if kind == "sh":
                shown.append(None)
            elif kind == "json":
                shown[-1] = json.loads(text)
    return shown


def last_value(output: str) -> Any:
    """Return the last JSON value of an output."""
    decoder, rest, found = json.JSONDecoder(), output.strip(), None
    while rest:
        found, end = decoder.raw_decode(rest)
        rest = rest[end:].strip()
    return found


def check(shown: Any, told: Any) -> None:
    """Fail unless both have one shape, and the same amounts."""
    assert type(shown) is type(told)
    if isinstance(shown, dict):
        assert list(shown) == list(told)
        for name, value in shown.items():
            check(value, told[name])
            if name in {"amount", "currency", "text", "name", "accepted"}:
                assert told[name] == value
    elif isinstance(shown, list):
        assert len(shown) == len(told)
        for one, other in zip(shown, told, strict=True):
            check(one, other)
