"""`manage.py simulate`, as a process without any settings or services."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pure.telling import TEXT, with_row, with_top

CHECKOUT = Path(__file__).resolve().parents[2]
RIGHT = "expect: {invoices: [{date: 2026-01-01, net: '30.00', tax: 5.7}]}"
WRONG = "expect: {invoices: [{date: 2026-01-01, net: '31.00'}]}"
REFUSED = with_row("{on: 2026-01-09, do: resume}")
SETTINGS = ("SECRET_KEY", "DATABASE_URL", "BROKER_URL", "REDIS_URL")


@pytest.fixture
def write(tmp_path):
    def write(text, name="a.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def simulate(*arguments):
    environ = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    argv = [sys.executable, str(CHECKOUT / "manage.py"), "simulate", *map(str, arguments)]
    return subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)


class TestPrint:
    def test_the_invoices_are_printed_as_tables(self, write):
        done = simulate(write(TEXT))

        assert (done.returncode, done.stderr) == (0, "")
        assert "2026-01-01  invoice  net 30.00  tax 5.70  gross 35.70 EUR" in done.stdout

    def test_a_refusal_is_printed_and_fails(self, write):
        path = write(REFUSED)

        done = simulate(path)

        assert done.returncode == 1
        assert f"refused: {path}:17: The subscription is not paused" in done.stdout


class TestJson:
    def test_all_files_are_one_document_in_their_order(self, write):
        done = simulate(write(TEXT), write(REFUSED, "b.yaml"), "--json")

        first, second = json.loads(done.stdout)["scenarios"]
        assert (done.returncode, done.stderr) == (0, "")
        assert [invoice["gross"] for invoice in first["invoices"]] == ["35.70"]
        assert set(second) == {"title", "error"}

    def test_what_is_no_yaml_is_a_refusal_too(self, write):
        path = write("a: [")

        done = simulate(path, "--json")

        (result,) = json.loads(done.stdout)["scenarios"]
        assert result["title"] == str(path)
        assert result["error"].startswith(f"{path}:1: this is not YAML")


class TestCheck:
    def test_what_is_as_expected_is_one_line(self, write):
        path = write(with_top(RIGHT))

        done = simulate(path, "--check")

        lines = done.stdout.splitlines()
        assert (done.returncode, len(lines)) == (0, 2)
        assert lines[0] == f"ok       {path}: A month in advance"
        assert lines[1].startswith("1 scenarios in ")
        assert lines[1].endswith("1 as expected, 0 not, 0 that expect nothing")

    def test_what_differs_is_said_and_fails(self, write, tmp_path):
        write(with_top(RIGHT))
        path = write(with_top(WRONG), "b.yaml")

        done = simulate(tmp_path, "--check")

        assert done.returncode == 1
        assert f"DIFFERS  {path}" in done.stdout
        assert "invoices[0] 2026-01-01 net: expected 31.00, but it is 30.00" in done.stdout

    def test_an_error_may_be_expected(self, write):
        expected = REFUSED + "expect: {error: not paused}\n"

        assert simulate(write(expected), "--check").returncode == 0
        assert simulate(write(REFUSED), "--check").returncode == 1

    def test_a_scenario_that_expects_nothing_is_counted_apart(self, write):
        done = simulate(write(TEXT), "--check")

        assert (done.returncode, done.stdout[0]) == (0, "-")
        assert "1 that expect nothing" in done.stdout

    def test_json_and_differences_go_separate_ways(self, write):
        done = simulate(write(with_top(WRONG)), "--check", "--json")

        assert done.returncode == 1
        assert json.loads(done.stdout)["scenarios"]
        assert "expected 31.00" in done.stderr


class TestFiles:
    def test_a_file_that_is_not_there_is_said(self, tmp_path):
        done = simulate(tmp_path / "none.yaml")

        assert done.returncode == 2
        assert "none.yaml can't be read: No such file or directory." in done.stderr
        assert simulate(tmp_path).returncode == 2

    def test_other_encodings_are_refused(self, tmp_path):
        (tmp_path / "a.yaml").write_bytes("title: Ümlaut".encode("latin-1"))

        done = simulate(tmp_path, "--json")

        assert "this is not UTF-8" in json.loads(done.stdout)["scenarios"][0]["error"]
