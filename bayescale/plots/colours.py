"""Colours that everyone tells apart, and how lines are told apart without them."""

from __future__ import annotations

from matplotlib.colors import to_rgb

# Okabe & Ito (2008): told apart by everyone, and by their lightness in grey.
BLACK, GREY = "#000000", "#999999"
ORANGE, SKY, GREEN = "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
# In the order in which series take them: neighbours differ in lightness too.
SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, BLACK)
DASHED = (0, (4, 2))


def tint(colour: str, strength: float) -> tuple[float, float, float]:
    """Mix a colour with white: a tone that stays itself where bands lie on each other."""
    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(colour))
    return red, green, blue
