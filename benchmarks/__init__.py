"""Benchmarks: real services, figures with their spread."""
