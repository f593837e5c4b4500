"""A real pair as it is stored: the picture before, the expert's, and the recipe that was fitted to the two."""

from collections.abc import Sequence

import torch
from torch import Tensor

from operators.catalogue import PROCESSES
from pipeline.codec import decode, encode
from pipeline.drafts import Draft, RefusedError, read_photo
from pipeline.fitting.align import align
from pipeline.fitting.pair import fit_pair
from pipeline.recipes import stepped
from pipeline.sources.errors import SourceError
from pipeline.sources.resize import fit as reduced
from schemas.config import ImageConfig, RunConfig
from schemas.plan import PlannedPair
from schemas.recipe import Recipe

_SIDE = 1024
"""Long side to which larger pictures are reduced for the fit."""


def draft_fitted(planned: Sequence[PlannedPair], config: RunConfig) -> Draft:
    """The pair of an expert photo and the same picture before.

    Both are cut to what both show, so the target can be a few pixels smaller than that of the photo's other pairs. The
    recipe is fitted to the stored pictures and rounded to the steps in which recipes are stored, so that words, row and
    render are of the same values; what rounding costs is part of the measured cycle.

    Args:
        planned: one pair.

    Raises:
        SourceError: the expert photo cannot be used any more.
        SourceChangedError: its bytes, or those of the picture before, are not those that were planned.
        RefusedError: `before_REASON` where the picture before cannot be used, `fit_REASON` where no recipe explains the
            pair, by `SourceReason` and `FitReason`.
    """
    (plan,) = planned
    photo = read_photo(plan.source, plan.source_sha256, config.image)
    before = _read_before(plan, config.image)
    inputs, target = (encode(picture, config.image) for picture in align(before, photo))
    stored, pixels = (decode(data, config.image.format) for data in (inputs, target))
    process = PROCESSES[config.process]
    fit = fit_pair(reduced(stored, _SIDE), reduced(pixels, _SIDE), process)
    if fit.recipe is None:
        raise RefusedError(f"fit_{fit.reason}", f"{plan.before}: {fit.detail}")
    values = {
        spec.name: stepped(spec, fit.recipe.values[spec.name], spec.minimum, spec.maximum)
        for spec in process.parameters
    }
    recipe = Recipe(process=process.name, values=values)
    return Draft(planned, [recipe], [inputs], stored[None], target, pixels, clipped=torch.zeros(1))


def _read_before(plan: PlannedPair, image: ImageConfig) -> Tensor:
    uri = str(plan.before)
    if plan.before_sha256 is None:
        # Not even tried: what has turned up since would make another data set.
        raise RefusedError("before_unreadable", f"{uri} could not be read when the data set was planned")
    try:
        return read_photo(uri, plan.before_sha256, image)
    except SourceError as error:
        raise RefusedError(f"before_{error.reason}", f"{uri}: {error.detail}") from error
