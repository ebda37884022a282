"""What an invoice looks like to those who receive it: e-invoices, from one semantic model."""
