"""Samples of a data set as a VLM trains on them: the three tasks in equal parts, batches of padded tokens."""

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Dataset

from operators.catalogue import PROCESSES
from operators.resize import resize
from pipeline.dataset.reader import split_samples
from pipeline.dataset.record import load_record
from pipeline.images.codec import decode
from pipeline.storage.store import open_store
from pipeline.training.pairs import normalized
from pipeline.training.vlm_tokens import IGNORED, encode_answer, encode_prompt, labels_of, with_answer
from schemas.errors import UnretouchError
from schemas.recipe import Recipe
from schemas.sample import ImageFormat, Words


class NothingToTrainOnError(UnretouchError):
    """The data set has no pairs for this training."""

    exit_code = 2


class Pair(NamedTuple):
    """An accepted pair, its pictures still encoded."""

    key: str
    words: Words
    recipe: Recipe
    input: bytes
    target: bytes
    image_format: ImageFormat


def read_pairs(root: str, split: str, most: int | None = None) -> list[Pair]:
    """Read the accepted pairs of a split, in the order of the shards; of `most`, the first ones.

    All stay in memory as they are encoded.

    Raises:
        NoDataSetError: there is no data set.
        DamagedError: a shard cannot be read.
        NothingToTrainOnError: the split does not exist or is empty.
    """
    store = open_store(root)
    record = load_record(store)
    if split not in record.splits:
        raise NothingToTrainOnError(f"split: got {split!r}, takes one of {sorted(record.splits)}")
    image_format = record.config.image.format
    pairs: list[Pair] = []
    for sample in islice(split_samples(store, record, split), most):
        row = json.loads(sample.json)
        words, recipe = Words.model_validate(row["words"]), Recipe.model_validate(row["recipe"])
        pairs.append(Pair(row["key"], words, recipe, sample.input, sample.target, image_format))
    if not pairs:
        raise NothingToTrainOnError(f"{root}: split {split!r} has no accepted pairs")
    return pairs


def square(picture: Tensor, side: int) -> Tensor:
    """What the model sees of a picture: (3, H, W) uint8, reduced to a long side, in the middle of a black square.

    Nothing is enlarged; a smaller picture has a wider black margin.
    """
    reduced = resize(picture, side)
    height, width = reduced.shape[1:]
    top, left = (side - height) // 2, (side - width) // 2
    canvas = torch.zeros(3, side, side, dtype=torch.uint8)
    canvas[:, top : top + height, left : left + width] = reduced
    return canvas


class VlmDataset(Dataset[dict[str, Tensor]]):
    """All items of a training, in the order in which it takes them; epoch after epoch, each in an order of its own.

    An item has what the model takes (`encode_prompt` and the answer), `labels`, `before` and `after`: (1, 3, `pixels`)
    in [0, 1], input and target at the same pixels, and `shares`: (1, P) in [-1, 1], the recipe's normalised values.

    Every task that the pairs have makes an equal part of an epoch; pairs of the rarer ones come several times. Order
    and pixels are functions of seed and position alone, so that a training that is resumed in the middle of an epoch
    sees what an undisturbed one does.

    Args:
        pairs: what to train on.
        processor: of the model.
        side: of the squares that the model sees.
        pixels: to draw for each item.
        seed: of the order and of the pixels.
        length: items of the whole training.
    """

    def __init__(self, pairs: Sequence[Pair], processor: Any, side: int, pixels: int, seed: int, length: int) -> None:
        by_task: dict[str, list[Pair]] = {}
        for pair in pairs:
            by_task.setdefault(pair.words.task, []).append(pair)
        self._tasks = [by_task[task] for task in sorted(by_task)]
        self._processor = processor
        self._side = side
        self._pixels = pixels
        self._seed = seed
        self._length = length
        self.epoch = len(self._tasks) * max(len(pairs) for pairs in self._tasks)
        """Items of an epoch."""
        self._order: tuple[int, list[int]] = (-1, [])

    def __len__(self) -> int:
        return self._length

    def pair(self, position: int) -> Pair:
        """The pair of an item."""
        epoch, place = divmod(position, self.epoch)
        if self._order[0] != epoch:
            self._order = epoch, torch.randperm(self.epoch, generator=self._generator(epoch)).tolist()
        rank, task = divmod(self._order[1][place], len(self._tasks))
        pairs = self._tasks[task]
        return pairs[rank % len(pairs)]

    def _generator(self, *numbers: int) -> torch.Generator:
        return torch.Generator().manual_seed(hash((self._seed, *numbers)) % 2**63)

    def __getitem__(self, position: int) -> dict[str, Tensor]:
        pair = self.pair(position)
        before, after = decode(pair.input, pair.image_format), decode(pair.target, pair.image_format)
        prompt = encode_prompt(self._processor, pair.words.task, pair.words.instruction, square(before, self._side))
        answer = encode_answer(self._processor, pair.words.answer)
        draw = self._generator(*divmod(position, self.epoch))
        at = torch.randint(before[0].numel(), (self._pixels,), generator=draw)
        process = PROCESSES[pair.recipe.process]
        shares = normalized(process, process.vector([pair.recipe])[0])[None]
        item = {**with_answer(prompt, answer), "labels": labels_of(prompt, answer), "shares": shares}
        return item | {"before": before.flatten(1)[:, at][None] / 255, "after": after.flatten(1)[:, at][None] / 255}


class Collator:
    """Stacks items into a batch; token rows are padded on the right."""

    def __init__(self, pad_id: int) -> None:
        self._padding = {"input_ids": pad_id, "labels": IGNORED}

    def __call__(self, items: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
        lengths = [item["input_ids"].shape[1] for item in items]
        batch = {}
        for name in items[0]:
            values = [item[name] for item in items]
            if all(value.shape == (1, length) for value, length in zip(values, lengths, strict=True)):
                fill = self._padding.get(name, 0)
                values = [
                    torch.nn.functional.pad(value, (0, max(lengths) - length), value=fill)
                    for value, length in zip(values, lengths, strict=True)
                ]
            batch[name] = torch.cat(values)
        return batch
