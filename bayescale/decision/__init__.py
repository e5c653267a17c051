"""From scenarios to decisions: risk, cost, plans under a budget, options, next runs."""
