"""What a scorer is."""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from schemas.errors import UnretouchError

Scores = dict[str, float | None]
"""Scores of a pair by name; None is a score that could not be computed."""


class ScorerUnavailableError(UnretouchError):
    """A score that the config asks for cannot be computed here. The message says what is missing and how to get it."""

    exit_code = 2


class Scorer(Protocol):
    """Computes some scores of the pairs of one source."""

    def score(self, inputs: Tensor, target: Tensor, instructions: Sequence[str]) -> list[Scores]:
        """Score the variants of one target.

        Args:
            inputs: (B, 3, H, W) uint8.
            target: (3, H, W) uint8.
            instructions: B texts.

        Returns:
            B scores, each with the same names.
        """
