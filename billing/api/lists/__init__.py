"""Lists and single things: filters, nested objects, chosen fields."""
