"""What is ours to keep: schema revisions, request ids, secrets; never a value of an account."""
