"""What scorer cards say of scores: whether two can be compared, and which is better."""

from typing import Literal

from schemas.scores import ScorerCard

_DECIDING = ("model", "preprocessing", "weights_sha256", "library", "version")
"""Fields that decide a score. On another device, or in batches, it differs by less than its noise."""


def comparable(a: ScorerCard, b: ScorerCard) -> list[str]:
    """Why scores of two cards cannot be compared; nothing if they can.

    Two scores that a field tells apart may still be alike; nobody knows.
    """
    return [
        f"{field}: {ours} against {theirs}"
        for field in _DECIDING
        if (ours := getattr(a, field)) != (theirs := getattr(b, field))
    ]


def prefer(a: float, b: float, card: ScorerCard) -> Literal[-1, 0, 1]:
    """Which of two scores of a card is better: 1 for the first, -1 for the second, 0 within the scorer's noise.

    Raises:
        ValueError: the noise is not measured.
    """
    if card.noise is None:
        raise ValueError(f"the noise of {card.name} is not measured")
    gain = a - b if card.better == "higher" else b - a
    if abs(gain) <= card.noise:
        return 0
    return 1 if gain > 0 else -1
