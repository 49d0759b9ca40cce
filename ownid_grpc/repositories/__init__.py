"""The customer's database: the port, and one package for each kind of database behind it."""
