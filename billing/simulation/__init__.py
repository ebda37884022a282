"""Trying out: a customer's story as a scenario, and its invoices; stores nothing."""
