"""The scores that a config asks for: their names, the scorers that compute them, and where each computes.

Models compute on `ScoresConfig.device`: in the shard's own task on a processor, or in a scoring actor on a GPU. The
compiled metrics always compute in the task, so a config gives the same scores wherever its jobs run.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from quality.scorers.clip import CLIP_SCORE_NAMES, ClipScorer
from quality.scorers.pyiqa_metrics import COMPILED, PyiqaScorer, pyiqa_score_names
from quality.scorers.scorer import Compared, Scorer, ScorerUnavailableError, Scores
from schemas.config import Engine, ScoresConfig
from schemas.scores import ScorerCard


def score_names(config: ScoresConfig) -> list[str]:
    """Names of all scores, in the order of the manifest. Loads no model and imports no model library.

    Raises:
        ScorerUnavailableError: a metric is unknown.
    """
    return pyiqa_score_names(config.metrics) + (CLIP_SCORE_NAMES if config.clip else [])


def task_scorers(config: ScoresConfig, engine: Engine = "compiled") -> list[Scorer]:
    """Load the scorers that compute in a shard's task, on its processor.

    Raises:
        NoCompilerError: metrics are wanted compiled, and were not when the package was installed.
        ScorerUnavailableError: a score cannot be computed here; a run must not start.
    """
    on_processor = config.device == "cpu"
    metrics = [name for name in config.metrics if on_processor or _is_compiled(name, engine)]
    return _load(config, metrics, on_processor, "cpu", engine)


def actor_scorers(config: ScoresConfig, engine: Engine = "compiled") -> list[Scorer]:
    """Load the other scorers, which compute on `config.device`; none where that is the processor. Raises likewise."""
    if config.device == "cpu":
        return []
    metrics = [name for name in config.metrics if not _is_compiled(name, engine)]
    if (metrics or config.clip) and not torch.cuda.is_available():
        raise ScorerUnavailableError("scores.device is cuda, but torch finds no GPU here; scores.device=cpu needs none")
    return _load(config, metrics, True, config.device, engine)


def score_pairs(scorers: Sequence[Scorer], pictures: Sequence[Tensor], pairs: Sequence[Compared]) -> list[Scores]:
    """All scores of the pairs of one source; arguments and result are those of `Scorer.score`."""
    scores: list[Scores] = [{} for _ in pairs]
    for scorer in scorers:
        for merged, part in zip(scores, scorer.score(pictures, pairs), strict=True):
            merged.update(part)
    return scores


def scorer_cards(scorers: Sequence[Scorer], config: ScoresConfig) -> list[ScorerCard]:
    """The cards of all scorers of a config, in the order of the manifest."""
    places = {name: place for place, name in enumerate(score_names(config))}
    return sorted((card for scorer in scorers for card in scorer.cards()), key=lambda card: places[card.scores[0]])


def _load(config: ScoresConfig, metrics: Sequence[str], clip: bool, device: str, engine: Engine) -> list[Scorer]:
    scorers: list[Scorer] = []
    if metrics:
        scorers.append(PyiqaScorer(metrics, config.long_side, device, engine))
    if clip and config.clip:
        scorers.append(ClipScorer(config.clip, config.long_side, device))
    return scorers


def _is_compiled(name: str, engine: Engine) -> bool:
    return engine == "compiled" and name in COMPILED
