"""What the runs told: diagnostics, checks, information, and what would help."""
