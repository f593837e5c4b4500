"""A pair of files fitted, as a bank keeps it."""

import hashlib

from torch import Tensor

from operators.process import Process
from pipeline.fitting.align import align
from pipeline.fitting.pair import fit_pair
from pipeline.images.decode import decode
from pipeline.storage.fetch import read_bytes
from quality.descriptor import describe_histogram
from schemas.config import ImageConfig
from schemas.fit import Fit, FitConfig, FitRow
from schemas.source import SourceError, SourceItem

_IMAGE = ImageConfig(long_side=1024, min_short_side=16)
"""Pairs are fitted at this size."""


def read_pictures(before: str, after: str) -> tuple[Tensor, Tensor]:
    """Read both pictures of a pair by their uris, reduce them to a long side of 1024 pixels, and align them.

    Returns:
        Two pictures, uint8 (3, H, W), of one size unless they cannot be aligned; see `align`.

    Raises:
        SourceError: a picture cannot be read; the text names it.
    """
    pictures = []
    for uri in (before, after):
        try:
            pictures.append(decode(read_bytes(uri), uri, _IMAGE).pixels)
        except SourceError as error:
            raise SourceError(error.reason, f"{uri}: {error.detail}") from error
    return align(pictures[0], pictures[1])


def fit_item(item: SourceItem, process: Process, config: FitConfig) -> FitRow:
    """Fit the two files of an item. A pair that cannot be read or fitted gives a row with the reason."""
    before_uri = str(item.before)
    try:
        before, after = read_pictures(before_uri, item.uri)
    except SourceError as error:
        fit = Fit(reason="unreadable", detail=error.detail)
        before_descriptor = after_descriptor = None
    else:
        fit = fit_pair(before, after, process, config)
        before_descriptor, after_descriptor = (describe_histogram(picture).tolist() for picture in (before, after))
    return FitRow(
        key=hashlib.sha256(f"{before_uri}\n{item.uri}".encode()).hexdigest()[:16],
        before=before_uri,
        after=item.uri,
        licence=item.licence,
        author=item.author,
        group=item.group,
        fit=fit,
        before_descriptor=before_descriptor,
        after_descriptor=after_descriptor,
    )
