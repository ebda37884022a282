"""Reads of deliveries: what is told, to whom, when again, and where it may go."""
