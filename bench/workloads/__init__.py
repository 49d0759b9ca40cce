"""What is measured, each work by itself."""
