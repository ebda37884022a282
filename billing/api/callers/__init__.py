"""Who calls, from where, what is allowed to them, and how often."""
