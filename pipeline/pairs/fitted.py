"""Fitted pairs: the original is the input, the expert's photo is the target, and the recipe is fitted to the two."""

from collections.abc import Sequence

import torch
from torch import Tensor

from operators.catalogue import PROCESSES
from operators.resize import resize
from pipeline.fitting.align import align
from pipeline.fitting.pair import fit_pair
from pipeline.images.codec import decode, encode
from pipeline.pairs.draft import Draft, Materials, RefusedError
from pipeline.pairs.photo import read_photo
from pipeline.storage.fetch import Read
from schemas.config import ImageConfig
from schemas.plan import PlannedPair
from schemas.source import SourceError

_SIDE = 1024
"""Long side, in pixels, to which larger pictures are reduced for the fit."""


def draft_fitted(planned: Sequence[PlannedPair], materials: Materials) -> list[Draft]:
    """Make one draft for each pair; a `Drafter`.

    Both pictures are cropped to the area that both show, so the target can be a few pixels smaller than that of the
    source's other pairs. The recipe is fitted to the stored pictures.

    Raises:
        RefusedError: the original cannot be used (`before_REASON`), or no recipe explains the pair (`fit_REASON`).
            `SourceReason` and `FitReason` list the reasons.
    """
    return [_draft(pair, materials) for pair in planned]


def _draft(pair: PlannedPair, materials: Materials) -> Draft:
    config = materials.config
    photo = materials.photo.developed
    pictures = align(_read_original(pair, config.image, materials.read), photo)
    inputs, target = (encode(picture, config.image) for picture in pictures)
    stored, pixels = (decode(data, config.image.format) for data in (inputs, target))
    process = PROCESSES[config.process]
    fit = fit_pair(resize(stored, _SIDE), resize(pixels, _SIDE), process)
    if fit.recipe is None:
        raise RefusedError(f"fit_{fit.reason}", f"{pair.before}: {fit.detail}")
    return Draft([pair], [fit.recipe], [inputs], stored[None], target, pixels, clipped=torch.zeros(1))


def _read_original(pair: PlannedPair, image: ImageConfig, read: Read) -> Tensor:
    uri = str(pair.before)
    if pair.before_sha256 is None:
        # The original is not read again: a file that has appeared since planning would change the data set.
        raise RefusedError("before_unreadable", f"{uri} could not be read when the data set was planned")
    try:
        return read_photo(uri, pair.before_sha256, image, read)
    except SourceError as error:
        raise RefusedError(f"before_{error.reason}", f"{uri}: {error.detail}") from error
