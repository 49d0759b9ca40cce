"""The servers that are compared: one by hand, a peer on FastAPI, and ours."""
