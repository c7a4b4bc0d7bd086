"""Who wants to compete."""
