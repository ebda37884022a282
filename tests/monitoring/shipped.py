"""What `monitoring/` ships: rules, dashboards, and the figures that they ask for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

SHIPPED = Path(settings.BASE_DIR) / "monitoring"
RULES = SHIPPED / "prometheus" / "rules"
RUNBOOKS = Path(settings.BASE_DIR) / "docs" / "runbooks"
_NAME = re.compile(r"\b(?:anlass_|django_|flower_|up\b)\w*")
_TEXT = re.compile(r'"[^"]*"')


def groups(file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load((RULES / file).read_text())["groups"])


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for group in groups("alerts.yml") for rule in group["rules"]}


def recorded() -> dict[str, str]:
    """The expressions of recorded series, by their names."""
    rules = [rule for group in groups("recording.yml") for rule in group["rules"]]
    return {rule["record"]: rule["expr"] for rule in rules}


def dashboards() -> dict[str, dict[str, Any]]:
    """The dashboards by the names of their files."""
    files = sorted((SHIPPED / "grafana" / "dashboards").glob("*.json"))
    return {file.stem: json.loads(file.read_text()) for file in files}


def queries() -> dict[str, str]:
    """Every expression of a rule or dashboard, by where it stands."""
    found = {f"record {name}": expr for name, expr in recorded().items()}
    found |= {f"alert {name}": rule["expr"] for name, rule in alerts().items()}
    for name, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                found[f"{name}: {panel['title']} {target['refId']}"] = target["expr"]
    return found


def names_in(expr: str) -> Iterator[str]:
    """The figures that an expression asks for."""
    yield from _NAME.findall(_TEXT.sub('""', expr))
