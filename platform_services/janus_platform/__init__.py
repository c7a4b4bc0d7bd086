"""The only way out for competitors; its inference proxy."""
