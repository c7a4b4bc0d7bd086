"""The reference competitors."""
