"""Pages and pictures for people who have no Python."""
