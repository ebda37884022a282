"""Reads of usage."""

from billing.usage.queries.buckets import Measuring, buckets, earliest_news

__all__ = ["Measuring", "buckets", "earliest_news"]
