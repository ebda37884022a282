"""Reads of reports: what is derived from issued documents."""
