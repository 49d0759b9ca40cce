"""Shows what was measured: on the terminal, as JSON, in the docs and as pictures."""
