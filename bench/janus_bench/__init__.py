"""Measurements of Janus. Each subpackage is one kind of benchmark with a command of its own."""
