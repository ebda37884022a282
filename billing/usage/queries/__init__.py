"""Reads of usage."""

from billing.usage.queries.buckets import Measuring, News, buckets, earliest_news

__all__ = ["Measuring", "News", "buckets", "earliest_news"]
