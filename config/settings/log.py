"""Settings of the log: lines on standard error, one for each happening; and of traces."""

import sys
import tomllib

from config import env
from config.settings.base import BASE_DIR

# `ecs`: JSON for Elasticsearch and Kibana. `console`: to be read.
LOG_FORMAT = env.choice("LOG_FORMAT", "ecs", of=("ecs", "console"))
LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
# Who runs a command in a terminal sees what it prints; of what happens meanwhile only trouble.
_is_watched = LOG_FORMAT == "console" and sys.stderr.isatty() and not env.text("LOG_LEVEL", "")
# Whether lines say from which address a request came: personal data in many places.
LOG_CLIENT_ADDRESSES = env.flag("LOG_CLIENT_ADDRESSES", default=False)

_project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SERVICE = {
    "name": "anlass",
    "version": str(_project["version"]),
    "environment": env.text("SERVICE_ENVIRONMENT", ""),
    "node.name": env.text("SERVICE_NODE_NAME", ""),
}

# Spans are exported where a collector is named, by the variable that all of OpenTelemetry knows.
_collector = env.text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "") or env.text(
    "OTEL_EXPORTER_OTLP_ENDPOINT", ""
)
SPAN_EXPORTER = "billing.happenings.exporting.Otlp" if _collector else ""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "ecs": {"()": "billing.happenings.formats.EcsLines", "service": SERVICE},
        "console": {"()": "billing.happenings.formats.ReadableLines"},
    },
    "handlers": {
        "stderr": {
            "class": "billing.happenings.formats.WholeLines",
            "formatter": LOG_FORMAT,
        },
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "anlass": {"level": "WARNING" if _is_watched else "NOTSET"},
        "boto3": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        # Each request and each task has its own line already; Django's would show addresses.
        "django.request": {"level": "CRITICAL"},
        "django.server": {"level": "CRITICAL"},
        "celery.app.trace": {"level": "CRITICAL"},
        "celery.worker.strategy": {"level": "WARNING"},
        "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
        "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}
