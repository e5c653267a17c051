"""Results in sentences; nothing is computed here."""
