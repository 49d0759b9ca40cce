"""The login backend of the example: it checks passwords, and serves the pages.

It stands for a web site that a company has already, knows its own database,
and calls ownid-grpc as one of its admin callers.
"""
