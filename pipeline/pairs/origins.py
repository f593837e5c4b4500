"""The rules of each origin: which pairs have it, how they are drafted, and which gates judge them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pipeline.pairs.draft import Drafter
from pipeline.pairs.fitted import draft_fitted
from pipeline.pairs.rendered import draft_rendered
from pipeline.pairs.unrendered import draft_unrendered
from schemas.config import DatasetConfig, GatesConfig
from schemas.plan import Origin
from schemas.sample import Task


class OriginRules(NamedTuple):
    """How pairs of one origin are drafted, and the bounds that judge them, from those of the config."""

    draft: Drafter
    gates: Callable[[GatesConfig], GatesConfig] = lambda gates: gates


RULES: Mapping[Origin, OriginRules] = {
    "unrendered": OriginRules(draft_unrendered),
    "rendered": OriginRules(draft_rendered),
    "fitted": OriginRules(draft_fitted, lambda gates: gates.model_copy(update=dict(gates.fitted))),
}

EXTRA_PAIRS: Mapping[Origin, str] = {"fitted": "before"}
"""Origins of which a source has one more pair, if a column of the table of sources is not null there."""


def drawn_origin(task: Task, config: DatasetConfig) -> Origin:
    """The origin of one of a source's `pairs_per_source` pairs."""
    return "rendered" if task == "style" and config.recipes.style_direction == "render" else "unrendered"
