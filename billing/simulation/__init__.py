"""Trying out: a customer's story, and the invoices that come of it; nothing is stored."""
