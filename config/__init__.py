"""Anlass: wiring of the stages. `flow.py` is the whole engine on one page."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
