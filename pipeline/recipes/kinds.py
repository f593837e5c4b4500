"""Which kind of edit a pair shows: like an expert's, symmetric, or weak. The plan decides it by the pair's seed."""

from pipeline.recipes.sampler_file import AETHER
from pipeline.recipes.seeds import choose
from schemas.config import DatasetConfig
from schemas.recipe import DrawKind, SampledKind


def drawn_kind(config: DatasetConfig, seed: int) -> DrawKind:
    """The kind of a recipe that is drawn from the sampler."""
    if config.recipes.gaussian == AETHER or (config.recipes.gaussian is None and config.process != "aether/1"):
        return "table"
    kind: SampledKind = choose(config.recipes.draws, seed, "kind")
    return kind
