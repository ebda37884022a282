"""Reads that prove: the story of a transaction, and what is wrong with the books."""
