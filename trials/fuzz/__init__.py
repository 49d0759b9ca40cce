"""Feeds every parser what it was not made for: each input is read or refused, and soon."""
