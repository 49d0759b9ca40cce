"""The benchmark: the service as users run it, beside servers that are written by hand."""
