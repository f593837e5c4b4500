"""How real a data set looks: its inputs beside real unedited photos, and its rendered recipes beside experts' work."""

import logging
import random
from collections.abc import Iterator
from hashlib import sha256

import torch
from pydantic import BaseModel
from torch import Tensor

from operators.catalogue import PROCESSES
from pipeline.codec import EXTENSIONS, decode
from pipeline.dataset import commits
from pipeline.reader import members, shard_rows
from pipeline.sources.decode import decode as decode_source
from pipeline.sources.errors import SourceError
from pipeline.sources.fetch import read_bytes
from pipeline.sources.listing import list_sources
from pipeline.sources.resize import fit
from pipeline.storage import Store
from quality.realism import Realism, compare, photographs
from schemas.config import ImageConfig
from schemas.dataset import DatasetRecord
from schemas.errors import UnretouchError
from schemas.manifest import ManifestRow
from schemas.source import SourceItem

logger = logging.getLogger(__name__)

REALISM = "report/realism.json"
"""Where a run that has a reference puts its report."""

LONG_SIDE = 512
"""All pictures are reduced to this before they are compared, whatever their size."""

MOST = 500
"""Most pictures taken of a set: a fixed random choice of a folder's files, whole shards of a data set."""


class RealismError(UnretouchError):
    """Pictures cannot be compared; the message says what is missing."""


class RealismReport(BaseModel):
    """How alike inputs and real unedited photos are and, where experts are given, rendered inputs and experts."""

    pairs: int
    """Pairs of the data set that were looked at: unrendered ones, as the inputs of others are real photos."""
    reference: int
    """Photos of the reference."""
    inputs: Realism
    experts: int | None = None
    """Photos of the experts."""
    rendered: Realism | None = None


def measure_realism(store: Store, record: DatasetRecord, reference: str, experts: str | None = None) -> RealismReport:
    """Compare a data set with folders of photographs.

    Recipes are rendered on the reduced inputs.

    Args:
        store: where the data set is.
        record: its record.
        reference: real unedited photos; all that a source can be, see `list_sources`.
        experts: finished photos, likewise.

    Raises:
        RealismError: a folder holds no usable picture, or the data set no accepted pair.
    """
    rows = _some_rows(store)
    if not rows:
        raise RealismError(f"{store.root} holds no accepted unrendered pair to compare")
    pairs = list(_inputs(store, record, rows))
    real = photographs(read_photos(reference))
    report = RealismReport(
        pairs=len(pairs),
        reference=len(real),
        inputs=compare(photographs(picture for _, picture in pairs), real),
    )
    if experts is None:
        return report
    finished = photographs(read_photos(experts))
    rendered = photographs(_rendered(row, picture) for row, picture in pairs)
    return report.model_copy(update={"experts": len(finished), "rendered": compare(rendered, finished)})


def read_photos(folder: str, most: int = MOST) -> list[Tensor]:
    """Pictures of a folder or of whatever else a source can be, reduced to `LONG_SIDE`: uint8 (3, H, W) each.

    Of more than `most` a fixed random choice is read. What cannot be used is left out, with a warning.

    Raises:
        RealismError: there is no usable picture.
    """
    items = list_photos(folder)
    if len(items) > most:
        generator = random.Random(0)
        items = [items[i] for i in sorted(generator.sample(range(len(items)), most))]
    pictures = []
    for item in items:
        try:
            pictures.append(decode_source(read_bytes(item.uri), item.uri, _IMAGE).pixels)
        except SourceError as error:
            logger.warning("%s is left out: %s", item.uri, error)
    if not pictures:
        raise RealismError(f"{folder} holds no usable picture")
    return pictures


def list_photos(folder: str) -> list[SourceItem]:
    """The files of a folder, or of whatever else a source can be, before any is opened.

    Raises:
        RealismError: there is nothing.
    """
    try:
        return list_sources([folder])
    except ValueError as error:
        raise RealismError(str(error)) from error


_IMAGE = ImageConfig(long_side=LONG_SIDE, min_short_side=64)


def _some_rows(store: Store) -> list[ManifestRow]:
    """Accepted rows whose inputs are made, at most `MOST`, of as few shards as hold them, so that few tars are read.

    A shard's sources lie in the order of their hashes, so one shard is as good a sample as another of its split; the
    order of the shards mixes the splits.
    """
    rows: list[ManifestRow] = []
    for commit in sorted(commits(store), key=lambda commit: sha256(str(commit.shard).encode()).digest()):
        rows += [row for row in shard_rows(store, commit) if row.status == "accepted" and row.origin == "unrendered"]
        if len(rows) >= MOST:
            break
    return rows[:MOST]


def _inputs(store: Store, record: DatasetRecord, rows: list[ManifestRow]) -> Iterator[tuple[ManifestRow, Tensor]]:
    """The stored inputs of rows, reduced to `LONG_SIDE`."""
    image_format = record.config.image.format
    wanted = {row.key: row for row in rows}
    for shard in sorted({row.shard for row in rows}):
        for key, field, data in members(store, f"shards/{shard:06d}.tar"):
            if key in wanted and field == f"input.{EXTENSIONS[image_format]}":
                yield wanted[key], fit(decode(data, image_format), LONG_SIDE)


def _rendered(row: ManifestRow, picture: Tensor) -> Tensor:
    if row.recipe is None:
        raise RealismError(f"{row.key} was accepted without a recipe; `unretouch verify` says what else is wrong")
    process = PROCESSES[row.recipe.process]
    image = process.render(picture[None].float() / 255, process.vector([row.recipe]))[0]
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)
