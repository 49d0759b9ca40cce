"""Keeps several server processes running on one port; knows nothing of what they serve."""
