"""Chooses a competitor for each chat and copies its events through."""
