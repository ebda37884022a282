"""The code that docs/api/webhooks.md gives to app developers verifies what is really sent."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import which

import pytest

from billing.sellers.models import Seller
from invoices.delivery.commands import rotate_secret, try_endpoint
from tests.delivery.conftest import AT, endpoint_of, try_all
from tests.delivery.servers import App, Taken

PAGE = Path(__file__).parents[2] / "docs/api/webhooks.md"
# How each language is run, and what calls its `verify` with what stands in a file.
LANGUAGES = {
    "python": (
        [sys.executable],
        "import json, sys\n{code}\ngiven = json.load(open(sys.argv[1]))\n"
        "given['body'] = given['body'].encode()\nprint(json.dumps(verify(**given)))\n",
    ),
    "javascript": (
        ["node"],
        '{code}\nconst given = JSON.parse(require("node:fs").readFileSync(process.argv[2]));\n'
        "const {{ secret, headers, body, now }} = given;\n"
        "console.log(JSON.stringify(verify(secret, headers, body, now)));\n",
    ),
    "php": (
        ["php"],
        "<?php\n{code}\n$given = json_decode(file_get_contents($argv[1]), true);\n"
        "echo json_encode(verify($given['secret'], $given['headers'], $given['body'],"
        " $given['now']));\n",
    ),
}


def verified(
    language: str, folder: Path, *, secret: str, taken: Taken, body: bytes = b"", late: int = 0
) -> bool:
    command, caller = LANGUAGES[language]
    if which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    program, given = folder / "program", folder / "given.json"
    program.write_text(caller.replace("{{", "{").replace("}}", "}").replace("{code}", code))
    headers = {name.lower(): value for name, value in taken.headers.items()}
    now = int(AT.timestamp()) + late
    said = {"secret": secret, "headers": headers, "body": (body or taken.body).decode(), "now": now}
    given.write_text(json.dumps(said))
    done = subprocess.run(
        [*command, str(program), str(given)], capture_output=True, text=True, check=True, timeout=60
    )
    return bool(json.loads(done.stdout))


@pytest.mark.parametrize("language", LANGUAGES)
class TestVerify:
    def test_what_is_sent_is_verified_and_what_is_forged_is_not(
        self, seller: Seller, app: App, tmp_path: Path, language: str
    ) -> None:
        endpoint, old = endpoint_of(seller, app.url)
        new = rotate_secret(endpoint=endpoint, at=AT - timedelta(hours=1))
        try_endpoint(endpoint=endpoint, at=AT, public_type="customer.changed")
        try_all()
        (taken,) = app.taken
        forged = taken.body.replace(b"Alice", b"Mallory")

        assert "Hauptstraße".encode() in taken.body  # Not ASCII alone.
        assert verified(language, tmp_path, secret=new, taken=taken)
        assert verified(language, tmp_path, secret=old, taken=taken)  # It signs for 24 hours more.
        assert not verified(language, tmp_path, secret=new, taken=taken, body=forged)
        assert not verified(language, tmp_path, secret=new, taken=taken, late=301)
        assert not verified(language, tmp_path, secret="whsec_AAAA", taken=taken)
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
            left = {each: value for each, value in taken.headers.items() if each.lower() != name}
            strange = replace(taken, headers={**left, "webhook-x": "ä"})
            assert not verified(language, tmp_path, secret=new, taken=strange)
