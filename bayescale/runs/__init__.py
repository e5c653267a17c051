"""Tables of observed runs: read, validated, frozen."""
