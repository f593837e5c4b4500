"""Rows of pictures through a model in batches, and whether a model scores a batch as it scores its rows alone."""

import logging
import math
from collections import defaultdict
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Model = Callable[..., Tensor]
"""Takes pictures, (B, 3, H, W) uint8, or pictures and their references, and returns B numbers."""

Row = tuple[Tensor, ...]
"""Pictures that are scored together, (3, H, W) uint8 each: one, or one and its reference."""

_MOST = 16
"""Most rows of a batch: it bounds the memory."""

_PARITY = 0.01
"""Most that a batch may change a score, as a share of how far the scores of two unlike pictures are apart. The sums of
a model round otherwise in a batch, by less than a thousandth of this; a model that mixes its rows changes all of it."""

_FAILURES = (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What models raise for pictures that they cannot score: too small, or flat."""

logger = logging.getLogger(__name__)


def score_rows(name: str, model: Model, rows: Sequence[Row], batched: bool) -> list[float | None]:
    """One number for each row, or None where the model has none: the picture is too small for it, or flat.

    Args:
        name: name of the score, for the log.
        model: the model.
        rows: the rows, of any sizes.
        batched: whether rows of one size may go through the model together.
    """
    alike: defaultdict[tuple[torch.Size, ...], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        alike[tuple(picture.shape for picture in row)].append(place)
    most = _MOST if batched else 1
    values: dict[int, float | None] = {}
    for places in alike.values():
        for start in range(0, len(places), most):
            chunk = places[start : start + most]
            found = _numbers(name, model, [rows[place] for place in chunk])
            values.update(zip(chunk, found, strict=True))
    return [values[place] for place in range(len(rows))]


def batch_invariant(model: Model, rows: Sequence[Row]) -> bool:
    """Whether a model scores rows together as it scores each alone, within `_PARITY`.

    Args:
        model: the model.
        rows: unlike pictures of one size, which the model can score.
    """
    alone = [value for row in rows for value in _call(model, [row])]
    try:
        together = _call(model, rows)
    except _FAILURES:
        return False
    if len(together) != len(alone):
        return False
    change = max(abs(a - b) for a, b in zip(alone, together, strict=True))
    return change <= max(_PARITY * (max(alone) - min(alone)), 1e-5 * max(map(abs, alone)))


def _numbers(name: str, model: Model, rows: Sequence[Row]) -> list[float | None]:
    try:
        values = _call(model, rows)
    except torch.OutOfMemoryError:
        raise
    except _FAILURES as error:
        if len(rows) > 1:  # one picture may be to blame
            return [value for row in rows for value in _numbers(name, model, [row])]
        logger.warning("%s gives no score for %s: %s", name, tuple(rows[0][0].shape[1:]), error)
        return [None]
    return [value if math.isfinite(value) else None for value in values]


@torch.inference_mode()
def _call(model: Model, rows: Sequence[Row]) -> list[float]:
    values = model(*(torch.stack(column) for column in zip(*rows, strict=True)))
    if values.numel() != len(rows):
        raise ValueError(f"{values.numel()} numbers for {len(rows)} pictures")
    found: list[float] = values.reshape(-1).tolist()
    return found
