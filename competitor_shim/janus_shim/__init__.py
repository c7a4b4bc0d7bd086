"""Wraps HTTP competitors in the chat stream."""
