"""How the tables of our store came about, one file a step; run by `state.migrate`."""
