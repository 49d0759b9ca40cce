"""What an account is and what may be done with it: pure, no I/O, no protobuf, no SQL."""
