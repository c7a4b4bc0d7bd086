"""What each agent needs to be told, and what its output says: a module each, `plain` for the rest."""
