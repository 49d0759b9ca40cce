"""What is ours to keep: schema revisions, request ids, sessions; never a value of an account."""
