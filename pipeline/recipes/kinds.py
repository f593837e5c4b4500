"""Which kind of edit a pair shows: like an expert's, symmetric, or weak. The plan decides it by the pair's seed."""

from pipeline.recipes.sampler_file import AETHER
from pipeline.recipes.seeds import choose
from schemas.config import DatasetConfig
from schemas.plan import Origin
from schemas.recipe import DrawKind
from schemas.sample import Task


def drawn_kind(config: DatasetConfig, seed: int) -> DrawKind:
    """The kind of a recipe that is drawn from the sampler."""
    if config.recipes.gaussian == AETHER or (config.recipes.gaussian is None and config.process != "aether/1"):
        return "table"
    kind = choose(config.recipes.draws, seed, "kind")
    return kind  # noqa: RET504  its type is narrower than what is returned


def drawn_origin(task: Task, seed: int, config: DatasetConfig) -> Origin:
    """The origin of one of a source's `pairs_per_source` pairs."""
    recipes = config.recipes
    if task == "style" and recipes.styles is not None:
        return "rendered" if recipes.style_direction == "render" else "unrendered"
    if task == "auto":  # retouching has no wish to follow, so its target must be an expert's photo
        return "unrendered"
    return "rendered" if drawn_kind(config, seed) == "symmetric" else "unrendered"
