#!/usr/bin/env python
"""Django's command line for Anlass."""

import os
import sys

from django.core.management import execute_from_command_line

from billing.happenings.commands import told
from config.env import UNSERVED

PURE = {"simulate", "check_audit"}  # They work in a fresh checkout, without services or settings.

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if set(sys.argv[1:2]) & PURE:
        os.environ.update(UNSERVED | os.environ)
    with told(sys.argv[1:2], pure=PURE):
        execute_from_command_line(sys.argv)
