"""Settings of what watches over the processes: figures for Prometheus, whether they can work."""

import os
from pathlib import Path

from config import env

# Where a worker, the relay, the scheduler or the exporter shows its figures; 0: nowhere. The web
# shows its own at /metrics.
METRICS_PORT = env.number("METRICS_PORT", 0)
METRICS_ADDRESS = env.text("METRICS_ADDRESS", "127.0.0.1")
# The exporter answers from what it found, for so long.
METRICS_KEPT_SECONDS: float = env.number("METRICS_KEPT_SECONDS", 5)
# The web can't work (/readyz) once an event is due to be sent for so long, and isn't.
READY_RELAY_LAG_SECONDS: float = env.number("READY_RELAY_LAG_SECONDS", 300)

# Children of a process write their figures into files there, as soon as they import the library.
if _folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    Path(_folder).mkdir(parents=True, exist_ok=True)
