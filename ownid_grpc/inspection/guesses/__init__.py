"""One module for each kind of guess: a value, and the reason why it was chosen."""
