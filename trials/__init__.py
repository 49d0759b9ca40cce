"""Runs that take longer than a test may: each says what it does by `--help`."""
