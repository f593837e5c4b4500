"""What a scorer is."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from torch import Tensor

from schemas.errors import UnretouchError
from schemas.scores import ScorerCard

Scores = dict[str, float | None]
"""Scores of a pair by name; None is a score that could not be computed."""


class ScorerUnavailableError(UnretouchError):
    """A score that the config asks for cannot be computed here. The message says what is missing and how to get it."""

    exit_code = 2


class Compared(NamedTuple):
    """A pair to score.

    Attributes:
        input: which of the pictures is the input.
        target: which is the target.
        instruction: what leads from one to the other; empty where there are no words.
    """

    input: int
    target: int
    instruction: str = ""


class Scorer(Protocol):
    """Computes some scores of the pairs of one source."""

    def cards(self) -> list[ScorerCard]:
        """A card for each kind of score, without its noise."""

    def score(self, pictures: Sequence[Tensor], pairs: Sequence[Compared]) -> list[Scores]:
        """Score the pairs of one source. A picture that several pairs share is scored once.

        Args:
            pictures: uint8 (3, H, W) each, of any sizes; those that a pair compares have the same size.
            pairs: the pairs, by the places of their pictures.

        Returns:
            The scores of each pair, all with the same names.
        """
