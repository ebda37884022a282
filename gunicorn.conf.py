"""Gunicorn's settings, which it reads by itself: its lines are those of the engine."""

from config.settings.log import LOGGING

logconfig_dict = LOGGING
