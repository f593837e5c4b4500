"""How real a data set looks: its inputs beside real unedited photos, and its rendered recipes beside experts' work."""

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
"""Where a run that has a reference writes its report."""


class RealismError(UnretouchError):
    """A data set holds nothing to compare."""


class RealismReport(BaseModel):
    """How alike inputs and real unedited photos are, and rendered inputs and experts' photos where these are given."""

    pairs: int
    """Unrendered pairs that were compared. The inputs of other pairs are real photos."""
    reference: int
    """Photos of the reference."""
    inputs: Likeness
    experts: int | None = None
    """Photos of the experts."""
    rendered: Likeness | None = None


def measure_realism(store: Store, record: DatasetRecord, reference: str, experts: str | None = None) -> RealismReport:
    """Compare a data set with photographs.

    Args:
        store: where the data set is.
        record: its record.
        reference: real unedited photos, a folder or another source.
        experts: finished photos, likewise.

    Raises:
        ListingError: a source of photos does not exist, or holds no usable photo.
        RealismError: the data set holds no accepted unrendered pair.
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
    """Accepted unrendered rows, `MOST` at most, from as few shards as hold them, so that few tars are read.

    A shard's sources are in the order of their hashes, so one shard is as good a sample as another of its split. The
    order of the shards is mixed too, since each holds one split.
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
        for key, name, data in members(store, tar_name(shard)):
            if key in wanted and name == member_names(image_format).input:
                yield wanted[key], resize(decode(data, image_format), LONG_SIDE)


def _rendered(row: ManifestRow, picture: Tensor) -> Tensor:
    if row.recipe is None:
        raise RealismError(f"{row.key} was accepted without a recipe; `unretouch verify` says what else is wrong")
    process = PROCESSES[row.recipe.process]
    return quantize(process.render(picture[None].float() / 255, process.vector([row.recipe]))[0])
