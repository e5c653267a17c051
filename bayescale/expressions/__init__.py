"""Arithmetic that is written: typed formulas, formulas as text, and as JavaScript."""
