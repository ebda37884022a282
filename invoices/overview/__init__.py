"""The first page of the admin: what the day brought, and what needs a human; and its search."""
