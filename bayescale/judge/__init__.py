"""How good forecasts are: hindcasts, weights, backtests, sensitivity."""
