"""The rules of each origin: which pairs have it, how they are drafted, and which gates they must pass."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pipeline.pairs.draft import Drafter
from pipeline.pairs.fitted import draft_fitted
from pipeline.pairs.rendered import draft_rendered
from pipeline.pairs.unrendered import draft_unrendered
from pipeline.recipes.kinds import drawn_kind
from schemas.config import DatasetConfig, GatesConfig
from schemas.plan import Origin
from schemas.sample import Task


class OriginRules(NamedTuple):
    """How pairs of one origin are drafted and gated.

    Attributes:
        draft: drafts the pairs.
        gates: derives the gates of this origin from those of the config.
    """

    draft: Drafter
    gates: Callable[[GatesConfig], GatesConfig] = lambda gates: gates


RULES: Mapping[Origin, OriginRules] = {
    "unrendered": OriginRules(draft_unrendered),
    "rendered": OriginRules(draft_rendered),
    "fitted": OriginRules(draft_fitted, lambda gates: gates.model_copy(update=dict(gates.fitted))),
}

EXTRA_PAIRS: Mapping[Origin, str] = {"fitted": "before"}
"""Origins of which a source has one extra pair, each with the column of the source table that is null for sources
without that pair."""


def drawn_origin(task: Task, seed: int, config: DatasetConfig) -> Origin:
    """The origin of one of a source's `pairs_per_source` pairs."""
    recipes = config.recipes
    if task == "style" and recipes.styles is not None:
        return "rendered" if recipes.style_direction == "render" else "unrendered"
    if task == "auto":  # retouching has no wish to follow, so its target must be an expert's photo
        return "unrendered"
    return "rendered" if drawn_kind(config, seed) == "symmetric" else "unrendered"
