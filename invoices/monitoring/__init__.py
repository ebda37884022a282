"""How the installation stands, as figures: read from the database and the broker when asked."""
