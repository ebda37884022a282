"""Reads of credit notes: what someone wants taken back, and the document that it makes."""
