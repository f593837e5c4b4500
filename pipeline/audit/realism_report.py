"""The realism of a data set: inputs compared with real unedited photos, rendered inputs with experts' photos."""

from collections.abc import Iterator
from hashlib import sha256

from pydantic import BaseModel
from torch import Tensor

from operators.catalogue import PROCESSES
from operators.quantization import quantize
from operators.resize import resize
from pipeline.dataset.reader import members, shard_rows
from pipeline.dataset.record import commits
from pipeline.images.codec import decode
from pipeline.shards.shard import tar_name
from pipeline.sources.photos import LONG_SIDE, MOST, read_photos
from pipeline.storage.store import Store
from quality.realism.likeness import Likeness, compare, photographs
from schemas.dataset import DatasetRecord
from schemas.errors import UnretouchError
from schemas.manifest import ManifestRow
from schemas.sample import member_names

REALISM = "report/realism.json"
"""Name of the report in the data set. A run writes it if its config has a reference."""


class RealismError(UnretouchError):
    """A data set holds no pair that can be compared."""


class RealismReport(BaseModel):
    """How similar inputs are to real unedited photos, and rendered inputs to experts' photos if these are given."""

    pairs: int
    """Number of unrendered pairs that were compared. The inputs of all other pairs are real photos."""
    reference: int
    """Number of photos in the reference."""
    inputs: Likeness
    experts: int | None = None
    """Number of experts' photos; null if none are given."""
    rendered: Likeness | None = None


def measure_realism(store: Store, record: DatasetRecord, reference: str, experts: str | None = None) -> RealismReport:
    """Compare a data set with photographs.

    Args:
        store: the data set's store.
        record: the data set's record.
        reference: real unedited photos: a folder or another source.
        experts: finished photos to compare rendered inputs with: a folder or another source.

    Raises:
        ListingError: a source of photos does not exist, or holds no usable photo.
        RealismError: the data set holds no accepted unrendered pair, or an accepted pair without a recipe.
        DamagedError: a file of the data set cannot be read.
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


def _some_rows(store: Store) -> list[ManifestRow]:
    """Up to `MOST` accepted unrendered rows, from as few shards as possible, so that few tars are read.

    A shard's sources are sorted by hash, so any shard is as good a sample of its split as another. The order of the
    shards is mixed too, because each shard holds one split.
    """
    rows: list[ManifestRow] = []
    for commit in sorted(commits(store), key=lambda commit: sha256(str(commit.shard).encode()).digest()):
        rows += [row for row in shard_rows(store, commit) if row.status == "accepted" and row.origin == "unrendered"]
        if len(rows) >= MOST:
            break
    return rows[:MOST]


def _inputs(store: Store, record: DatasetRecord, rows: list[ManifestRow]) -> Iterator[tuple[ManifestRow, Tensor]]:
    """Yield each row with its stored input, reduced to `LONG_SIDE`."""
    image_format = record.config.image.format
    wanted = {row.key: row for row in rows}
    for shard in sorted({row.shard for row in rows}):
        for key, name, data in members(store, tar_name(shard)):
            if key in wanted and name == member_names(image_format).input:
                yield wanted[key], resize(decode(data, image_format), LONG_SIDE)


def _rendered(row: ManifestRow, picture: Tensor) -> Tensor:
    if row.recipe is None:
        raise RealismError(f"{row.key} was accepted without a recipe; `unretouch verify` says what else is wrong")
    process = PROCESSES[row.recipe.process]
    return quantize(process.render(picture[None].float() / 255, process.vector([row.recipe]))[0])
