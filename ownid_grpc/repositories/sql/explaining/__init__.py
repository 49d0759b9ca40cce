"""The statements of a call and their plans, without a single one that writes being run."""
