"""Which searches the indexes of a database serve, found out without asking it each time."""
