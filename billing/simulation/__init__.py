"""Trying out: a customer's story as a scenario, and the invoices that come of it; stores nothing."""
