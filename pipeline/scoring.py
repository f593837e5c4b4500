"""Scoring on a GPU: an actor that holds the models, and the scorer that stands for it in a rendering task."""

from collections.abc import Sequence

import ray
from ray.actor import ActorHandle
from torch import Tensor

from quality.scorers import Scores, build_scorers, score_pairs
from schemas.config import ScoresConfig


@ray.remote
class ScoringActor:
    """Holds the models that a config asks for on one GPU.

    Raises ScorerUnavailableError when it is made, if something is missing.
    """

    def __init__(self, config: ScoresConfig) -> None:
        self._scorers = build_scorers(config, "cuda")

    def ready(self) -> None:
        """Return once the models are loaded."""

    def score(self, inputs: Tensor, target: Tensor, instructions: Sequence[str]) -> list[Scores]:
        """Scores of the variants of one target; see `quality.scorers.score_pairs`."""
        return score_pairs(self._scorers, inputs, target, instructions)


class RemoteScorer:
    """A scorer whose work an actor does. While it waits, the task gives its CPU back to Ray."""

    def __init__(self, actor: ActorHandle[ScoringActor]) -> None:
        self._actor = actor

    def score(self, inputs: Tensor, target: Tensor, instructions: Sequence[str]) -> list[Scores]:
        """See `quality.scorer.Scorer.score`."""
        scores: list[Scores] = ray.get(self._actor.score.remote(inputs, target, list(instructions)))
        return scores
