"""
`python -m tests.monitoring.scraping OUT`, within a running stack: a real Prometheus asks it.

The stack bills something meanwhile. Then every query of every rule and dashboard is asked; OUT is a
JSON file of what was answered, and the list is printed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from config.stack.prometheus import programs
from tests.chaos.engine import free_port
from tests.monitoring import shipped

CHECKOUT = Path(__file__).resolve().parents[2]
SCRAPED_AGAIN_SECONDS = 8.0


def main(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, _prometheus(Path(folder)) as url:
        _wait(lambda: _all_up(url), what="all targets answer")
        _bill_something()
        time.sleep(SCRAPED_AGAIN_SECONDS)
        answers = {place: _ask(url, expr) for place, expr in shipped.queries().items()}
        rules = [
            {"name": rule["name"], "health": rule["health"], "error": rule.get("lastError", "")}
            for group in _get(f"{url}/api/v1/rules")["data"]["groups"]
            for rule in group["rules"]
        ]
    out.write_text(json.dumps({"answers": answers, "rules": rules}, indent=1))
    for place, answer in answers.items():
        sys.stdout.write(f"{place}\n    {answer['expr']}\n    {_shown(answer)}\n")


def _bill_something() -> None:
    """Walk through the demo: orders, a month's end, corrections, documents, and the proof."""
    subprocess.run(
        [sys.executable, "-m", "config.demo"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT / "clients" / "python")},
        stdout=subprocess.DEVNULL,
        check=True,
    )


@contextmanager
def _prometheus(folder: Path) -> Iterator[str]:
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump(_config()))
    address = f"127.0.0.1:{free_port()}"
    arguments = [
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([programs()["prometheus"], *arguments], stdout=log, stderr=log)
    try:
        _wait(lambda: _get(f"http://{address}/-/ready", is_json=False), what="Prometheus is ready")
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(30)


def _config() -> dict[str, Any]:
    """The shipped configuration, but for where the processes are, and how often they are asked."""
    told: dict[str, Any] = yaml.safe_load(
        (shipped.SHIPPED / "prometheus" / "prometheus.yml").read_text()
    )
    told["global"] = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s"}
    told["rule_files"] = [str(shipped.RULES / "*.yml")]
    del told["alerting"]
    targets = dict(each.split("=") for each in os.environ["METRICS_TARGETS"].split(","))
    targets["web"] = os.environ["WEB_URL"].removeprefix("http://")
    targets["flower"] = os.environ["FLOWER_URL"].removeprefix("http://")
    workers = {"billing": "worker-1", "bulk": "worker-2", "documents,delivery": "worker-3"}
    for job in told["scrape_configs"]:
        for static in job["static_configs"]:
            queue = static.get("labels", {}).get("queue")
            name = workers[queue] if queue else job["job_name"].removeprefix("anlass-")
            static["targets"] = [targets[name]]
    return told


def _all_up(url: str) -> bool:
    found = _ask(url, "up")["result"]
    return len(found) >= 8 and all(value == "1" for _, value in found)


def _ask(url: str, expr: str) -> dict[str, Any]:
    answer = _get(f"{url}/api/v1/query?{urlencode({'query': expr})}")
    result = answer.get("data", {}).get("result", [])
    return {
        "expr": expr,
        "status": answer["status"],
        "result": [[each["metric"], each["value"][1]] for each in result],
    }


def _get(url: str, *, is_json: bool = True) -> Any:
    with urlopen(url, timeout=10) as answer:
        return json.load(answer) if is_json else answer.read()


def _wait(is_so: Callable[[], object], *, what: str, within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while True:
        try:
            if is_so():
                return
        except URLError:
            pass
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


def _shown(answer: dict[str, Any]) -> str:
    told = [
        f"{' '.join(f'{k}={v}' for k, v in labels.items() if k not in _HIDDEN)} {float(value):g}"
        for labels, value in answer["result"][:6]
    ]
    more = len(answer["result"]) - 6
    return "; ".join([*told, *([f"and {more} more"] if more > 0 else [])]) or "(nothing)"


_HIDDEN = {"instance", "__name__"}

if __name__ == "__main__":
    main(Path(sys.argv[1]))
