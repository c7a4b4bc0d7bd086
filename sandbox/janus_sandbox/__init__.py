"""Sandboxes for agents: isolated, bounded, with one way out."""
