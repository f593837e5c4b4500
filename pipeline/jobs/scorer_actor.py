"""Scoring on a GPU: an actor that holds the models, and the scorer that calls it from a shard's task."""

import logging
from collections.abc import Sequence

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayTaskError
from torch import Tensor

from quality.scorers.build import actor_scorers, score_pairs
from quality.scorers.scorer import Compared, Scorer, Scores
from schemas.config import DatasetConfig
from schemas.jobs.run import ComputeConfig
from schemas.scores import ScorerCard

logger = logging.getLogger(__name__)

_PATIENCE = 60.0
"""Seconds after which actors that have not started are told of. A cluster that grows may take longer."""


@ray.remote
class ScorerActor:
    """Holds the models of a config on one GPU. They are loaded by the first call, whose caller then gets the error."""

    def __init__(self, config: DatasetConfig) -> None:
        self._config = config
        self._scorers: list[Scorer] | None = None

    def ready(self) -> None:
        """Load the models, unless they are.

        Raises:
            ScorerUnavailableError: a model cannot be loaded.
        """
        self._loaded()

    def cards(self) -> list[ScorerCard]:
        """The cards of the models."""
        return [card for scorer in self._loaded() for card in scorer.cards()]

    def score(self, pictures: Sequence[Tensor], pairs: Sequence[Compared]) -> list[Scores]:
        """Score the pairs of one source; see `quality.scorers.build.score_pairs`."""
        return score_pairs(self._loaded(), pictures, pairs)

    def _loaded(self) -> list[Scorer]:
        if self._scorers is None:
            self._scorers = actor_scorers(self._config.scores, self._config.engine)
        return self._scorers


class RemoteScorer:
    """A scorer that lets an actor do the work. While it waits, its task gives the CPU back to Ray."""

    def __init__(self, actor: ActorHandle[ScorerActor]) -> None:
        self._actor = actor

    def cards(self) -> list[ScorerCard]:
        """See `quality.scorers.scorer.Scorer.cards`."""
        cards: list[ScorerCard] = ray.get(self._actor.cards.remote())
        return cards

    def score(self, pictures: Sequence[Tensor], pairs: Sequence[Compared]) -> list[Scores]:
        """See `quality.scorers.scorer.Scorer.score`."""
        scores: list[Scores] = ray.get(self._actor.score.remote(list(pictures), list(pairs)))
        return scores


def start_scorers(config: DatasetConfig, compute: ComputeConfig) -> list[ActorHandle[ScorerActor]]:
    """Start the scoring actors and wait until their models are loaded.

    Returns:
        The actors; empty if tasks compute all scores themselves.

    Raises:
        ScorerUnavailableError: a model cannot be loaded.
    """
    if config.scores.device == "cpu":
        return []
    # Without num_cpus, Ray gives an actor that asks for a GPU a CPU too, which the tasks that it waits for then lack.
    options = {"num_cpus": 0, "num_gpus": compute.scorer_gpus, "max_restarts": 3, "max_task_retries": 3}
    actors = [ScorerActor.options(**options).remote(config) for _ in range(compute.scorers)]  # type: ignore[attr-defined]  # Ray's decorator hides `options` from the type checker
    ready = [actor.ready.remote() for actor in actors]
    started, _ = ray.wait(ready, num_returns=len(ready), timeout=_PATIENCE)
    if len(started) < len(ready):
        logger.warning(
            "%d of %d scoring actors have not started: they wait for %g GPUs each, or still load their models",
            len(ready) - len(started), len(ready), compute.scorer_gpus,
        )  # fmt: skip
    try:
        ray.get(ready)
    except RayTaskError as error:
        raise error.cause from error
    return actors
