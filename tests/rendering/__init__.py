"""Documents of issued invoices, made and stored."""
