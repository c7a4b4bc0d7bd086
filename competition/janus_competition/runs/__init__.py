"""Published runs: checked at the border, stored, ranked."""
