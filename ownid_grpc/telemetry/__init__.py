"""What the service says about itself; knows nothing of what it serves."""
