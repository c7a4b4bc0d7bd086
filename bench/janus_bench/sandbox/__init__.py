"""Measures what a sandbox costs its user in time: to be made, to run a command, to end."""
