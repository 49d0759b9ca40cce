"""`python -m ownid_grpc` is `ownid-grpc`."""

from ownid_grpc.cli import main

main()
