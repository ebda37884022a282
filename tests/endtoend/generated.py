"""The generated client, written as `make client` writes it, unless it is as the API says."""

import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def write_client() -> None:
    """Write it: pytest has its folder on the path already."""
    subprocess.run(["make", "--silent", "-o", "setup", "client"], cwd=CHECKOUT, check=True)
