"""The scores that a config asks for: their names, the scorers that compute them, and the scores of a source's pairs.

Scores are kept apart from decisions: `quality.gates` decides.
"""

from collections.abc import Sequence

from torch import Tensor

from quality.clip_scorer import CLIP_SCORE_NAMES, ClipScorer
from quality.pyiqa_scorer import PyiqaScorer, pyiqa_score_names
from quality.scorer import Scorer, ScorerUnavailableError, Scores
from schemas.config import Engine, ScoresConfig

__all__ = ["Scorer", "ScorerUnavailableError", "Scores", "build_scorers", "score_names", "score_pairs"]


def score_names(config: ScoresConfig) -> list[str]:
    """Names of all scores, in the order of the manifest. Loads no model and imports no model library.

    Raises:
        ScorerUnavailableError: a metric is unknown.
    """
    return pyiqa_score_names(config.metrics) + (CLIP_SCORE_NAMES if config.clip else [])


def build_scorers(config: ScoresConfig, device: str = "cpu", engine: Engine = "compiled") -> list[Scorer]:
    """Load everything that the config asks for, on "cpu" or "cuda".

    Raises:
        NoCompilerError: compiled metrics have to be compiled, and there is no compiler.
        ScorerUnavailableError: something cannot be computed here; a run must not start.
    """
    scorers: list[Scorer] = []
    if config.metrics:
        scorers.append(PyiqaScorer(config.metrics, config.long_side, device, engine))
    if config.clip:
        scorers.append(ClipScorer(config.clip, config.long_side, device))
    return scorers


def score_pairs(scorers: Sequence[Scorer], inputs: Tensor, target: Tensor, instructions: Sequence[str]) -> list[Scores]:
    """All scores of the variants of one target; arguments and result are those of `Scorer.score`."""
    scores: list[Scores] = [{} for _ in instructions]
    for scorer in scorers:
        for merged, part in zip(scores, scorer.score(inputs, target, instructions), strict=True):
            merged.update(part)
    return scores
