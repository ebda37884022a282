"""Reads of issuing: what a contract's timeline is, and what is charged already."""
