"""What is forecast."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Response:
    """What is forecast: positive, and better when smaller."""

    symbol: str
    unit: str
    meaning: str
