"""How the admin writes instants: with their zone, which isn't the reader's."""
