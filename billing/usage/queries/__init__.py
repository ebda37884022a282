"""Reads of usage."""

from billing.usage.queries.buckets import buckets

__all__ = ["buckets"]
