"""What competitors can build on: manifests of what exists, and trials of it."""
