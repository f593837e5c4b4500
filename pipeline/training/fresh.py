"""Fresh recipes: another draw for a photo in each epoch, with the labels that belong to it."""

from collections.abc import Mapping
from math import ceil, sqrt
from typing import Any

from torch import Tensor

from operators.renderer import renderer_of
from pipeline.pairs.origins import drawn_origin
from pipeline.recipes.provider import recorded_recipes
from pipeline.words.describe import describe
from quality.measures import grid
from quality.seen.change import GRID_PIXELS
from quality.seen.evidence import gather
from schemas.dataset import DatasetRecord
from schemas.plan import PlannedPair


def fresh_row(row: Mapping[str, Any], photo: Tensor, record: DatasetRecord, seed: int) -> dict[str, Any]:
    """A pair's row with another recipe, drawn as the data set would: origin, recipe, effects and words are new.

    The draw is suited to the photo, so nearly every one would pass the gates; none is gated. Scores are missing. A pair
    that has a style keeps it, and its row.

    Args:
        row: the fields of `PlannedPair`, `style`, `recipe`, `effects`, `words` and `scores` of an accepted pair.
        photo: its stored photo, uint8 (3, H, W).
        record: the data set's record.
        seed: seed of the draw.

    Raises:
        RecipesChangedError: the bank, the sampler or the styles have changed since the data set was planned.
    """
    if row["style"] is not None:
        return dict(row)
    config = record.config
    planned = PlannedPair.model_validate(
        {
            **{name: row[name] for name in PlannedPair.model_fields if name in row},
            "seed": seed,
            "origin": drawn_origin(row["task"], seed, config),
        }
    )
    recipe = recorded_recipes(record).draw([planned], photo)[0].recipe
    renderer = renderer_of(config.process, config.engine)
    parameters = renderer.process.vector([recipe])
    spatial = renderer.process.spatial
    seen = photo if spatial else grid(photo, max(1, ceil(sqrt(photo[0].numel() / GRID_PIXELS))))
    other = (
        renderer.render(seen[None], parameters)[0]
        if planned.origin == "rendered"
        else renderer.unrender(seen, parameters)[0][0]
    )
    before, after = (seen, other) if planned.origin == "rendered" else (other, seen)
    evidence = gather(renderer, before[None], after, [recipe], config.engine)[0]
    words = describe(planned.task, recipe, evidence, seed, language=config.words.language)
    return {
        **row,
        "origin": planned.origin,
        "recipe": {"values": recipe.values},
        "effects": evidence.effects,
        "words": words.model_dump(),
        "scores": dict.fromkeys(row["scores"]),
    }
