"""The rendering reader: pairs from expert photos and manifest rows alone. The other picture is made in the batch.

A sample is a photo and a recipe. `completed` makes the other picture of each pair on the device where the batch is. It
gives what the data set stores, but for the coding of that picture. Left out are fitted pairs and pairs that a LUT has
rendered: no recipe makes their pictures.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from operators.catalogue import PROCESSES
from operators.renderer import Renderer, renderer_of
from pipeline.dataset.index import SelectionError
from pipeline.dataset.selected import Selected
from pipeline.export.recipes import photo_name
from pipeline.recipes.seeds import seed_of
from pipeline.storage.damage import DamagedError
from pipeline.training.checks import check_crop, picture, skipped
from pipeline.training.fresh import fresh_row
from pipeline.training.order import Drawn
from pipeline.training.reader import OnBroken
from pipeline.training.samples import (
    Broken,
    LabelBatch,
    LabelReader,
    Labels,
    PairBatch,
    broken_of,
    cropped,
    label_batch,
    stacked,
)

PhotosFrom = Literal["shards", "photos"]
"""Where photos are read: in the tars, or in `photos/`, which `unretouch export --format recipes` writes."""

_COLUMNS = (
    *("source", "source_sha256", "split", "variant", "seed", "task", "origin", "style", "width", "height"),
    *("input_sha256", "target_sha256", "recipe", "effects", "words", "scores"),
)


class RecipeSample(NamedTuple):
    """A photo, uint8 (3, H, W); whether it is the target of the pair, or else the input; and the labels."""

    photo: Tensor
    is_target: bool
    labels: Labels


class RecipeBatch(LabelBatch):
    """B photos, (B, 3, S, S) where they are cropped, otherwise a list; (B,) bool whether each is the target."""

    photo: Tensor | list[Tensor]
    is_target: Tensor


class RecipeDataset(Dataset[RecipeSample | Broken]):
    """Accepted pairs as photos and recipes; arguments and errors are those of `PairDataset`, but for these.

    Memory holds the rows, about 1 kB each.

    Args:
        root: folder, `s3://` prefix or `http(s)://` address of a finished data set, or of its recipes.
        split: a split; None takes all.
        where: SQL condition on the manifest.
        crop: side of the square that is cut out of every photo, in pixels; None leaves photos whole.
        broken: what to do with a sample that is broken.
        fresh: draw another recipe in each epoch as the data set would, with the effects and words that belong to it
            and without scores. Pairs that have a style keep it. The files of the recipes must be unchanged.
        photos: where the photos are.

    Raises:
        ValueError: a crop is wanted, and the process is spatial: its pixels depend on what the crop would cut off.
    """

    def __init__(
        self,
        root: str,
        split: str | None = None,
        where: str | None = None,
        crop: int | None = None,
        broken: OnBroken = "raise",
        fresh: bool = False,
        photos: PhotosFrom = "shards",
    ) -> None:
        selected = Selected(root, split, where, _COLUMNS, tars=photos == "shards")
        record = selected.record
        if crop is not None:
            check_crop(selected, crop)
            if PROCESSES[record.process].spatial:
                raise ValueError(f"process {record.process} is spatial: its pictures cannot be made from crops")
        self._labels = LabelReader(PROCESSES[record.process])
        self._selected = selected.subset(_makeable(selected))
        if not len(self._selected):
            raise SelectionError(f"{root}: no recipe makes the pictures of the selected pairs")
        self._crop, self._broken, self._fresh, self._photos = crop, broken, fresh, photos
        self.shards: NDArray[np.int32] = self._selected.shards
        self.fingerprint = hashlib.sha256(f"recipes of {self._selected.fingerprint}".encode()).hexdigest()

    @property
    def renderer(self) -> Renderer:
        """The renderer that made the data set."""
        return renderer_of(self._selected.record.process, self._selected.record.config.engine)

    def __len__(self) -> int:
        return len(self._selected)

    def __getitem__(self, at: int | Drawn) -> RecipeSample | Broken:
        """Read a sample: by its number, with its recipe and a crop from the middle; or as a sampler draws it.

        Raises:
            DamagedError: the photo is broken, and broken ones are not skipped.
        """
        index, epoch_seed = (at, None) if isinstance(at, int) else at
        row = self._row(index)
        try:
            photo = self._photo(index, row)
        except (DamagedError, FileNotFoundError) as error:
            if self._broken == "skip":
                return skipped(row["key"], error)
            raise
        seed = None if epoch_seed is None else seed_of(epoch_seed, row["key"])
        record = self._selected.record
        if self._fresh and seed is not None:
            row = fresh_row(row, photo, record, seed)
        if self._crop is not None:
            photo = cropped([photo], self._crop, seed)[0]
        return RecipeSample(photo, row["origin"] == "unrendered", self._labels(row))

    def collate(self, samples: Sequence[RecipeSample | Broken]) -> RecipeBatch:
        """Put samples into a batch: the `collate_fn` of a `DataLoader`. `completed` makes a `PairBatch` of it.

        Raises:
            DamagedError: every sample is broken.
        """
        good = [sample for sample in samples if isinstance(sample, RecipeSample)]
        labels = label_batch([sample.labels for sample in good], broken_of(samples))
        photos = [sample.photo for sample in good]
        return {
            **labels,
            "photo": photos if self._crop is None else stacked(photos),
            "is_target": torch.tensor([sample.is_target for sample in good]),
        }

    def _row(self, index: int) -> dict[str, Any]:
        row: dict[str, Any] = self._selected.rows.slice(index, 1).to_pylist()[0]
        row.update(key=self._selected.key(index), shard=int(self._selected.shards[index]))
        row["recipe"] = {"values": row["recipe"]}
        effects = row["effects"] or {}
        row["effects"] = {name: effect for name, effect in effects.items() if effect is not None}
        row["scores"] = row["scores"] or {}
        return row

    def _photo(self, index: int, row: dict[str, Any]) -> Tensor:
        image_format = self._selected.record.config.image.format
        part = "target" if row["origin"] == "unrendered" else "input"
        if self._photos == "shards":
            data: bytes | memoryview = self._selected.members(index, (part,))[0]
        else:
            data = self._selected.file(photo_name(row["source_sha256"], self._selected.suffix))
        return picture(data, row[f"{part}_sha256"], image_format, f"{row['key']}: its {part}")


def completed(batch: RecipeBatch, renderer: Renderer) -> PairBatch:
    """Make the other picture of each pair, on the device of the photos.

    Args:
        batch: photos and recipes. `is_target` stays on the CPU.
        renderer: `RecipeDataset.renderer`.
    """
    photos, finished = batch["photo"], batch["is_target"]
    parameters = batch["parameters"]
    if isinstance(photos, Tensor):
        others = _others(photos, finished, parameters.to(photos.device), renderer)
        mask = finished.to(photos.device)[:, None, None, None]
        pictures: dict[str, Any] = {
            "input": torch.where(mask, others, photos),
            "target": torch.where(mask, photos, others),
        }
    else:
        made = [
            _others(photo[None], finished[i : i + 1], parameters[i : i + 1].to(photo.device), renderer)[0]
            for i, photo in enumerate(photos)
        ]
        pairs = [(a, b) if is_target else (b, a) for a, b, is_target in zip(made, photos, finished, strict=True)]
        pictures = {"input": [pair[0] for pair in pairs], "target": [pair[1] for pair in pairs]}
    labels = {name: value for name, value in batch.items() if name not in {"photo", "is_target"}}
    return cast(PairBatch, {**labels, **pictures})


def _others(photos: Tensor, finished: Tensor, parameters: Tensor, renderer: Renderer) -> Tensor:
    others = torch.empty_like(photos)
    for mask, make in ((finished, renderer.unrender_each), (~finished, renderer.render)):
        chosen = mask.nonzero().flatten().to(photos.device)
        if len(chosen):
            others[chosen] = make(photos[chosen], parameters[chosen])
    return others


def _makeable(selected: Selected) -> NDArray[np.int64]:
    """Numbers of the samples whose other picture their recipe makes."""
    luts = pa.array([style.name for style in selected.record.styles if style.lut_psnr is not None], pa.string())
    origin, style = selected.rows["origin"], selected.rows["style"]
    by_lut = pc.and_(pc.equal(origin, "rendered"), pc.is_in(style, value_set=luts))
    made = pc.and_(pc.not_equal(origin, "fitted"), pc.invert(by_lut))
    return np.flatnonzero(made.to_numpy())
