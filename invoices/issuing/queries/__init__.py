"""Reads of issuing: what is charged already, drafts, and the content of documents."""
