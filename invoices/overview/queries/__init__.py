"""Reads of the start page and of the search."""
