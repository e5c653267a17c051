"""From posteriors to scenarios at new scales."""
