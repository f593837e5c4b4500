"""Samples of a data set as a VLM trains on them: the three tasks in equal parts, batches of padded tokens."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc
import torch
from torch import Tensor
from torch.utils.data import Dataset

from operators.resize import resize
from pipeline.recipes.seeds import seed_of
from pipeline.training.order import Drawn, EndlessOrder
from pipeline.training.pairs import first, normalized
from pipeline.training.reader import PairDataset
from pipeline.training.vlm_tokens import IGNORED, encode_answer, encode_prompt, labels_of, with_answer
from schemas.jobs.train_dapo import TrainDapoConfig
from schemas.jobs.train_vlm import TrainVlmConfig


def pairs_of(config: TrainVlmConfig | TrainDapoConfig) -> PairDataset:
    """The pairs that a config names, with the column `task`.

    Raises:
        NoDataSetError, DamagedError, SelectionError: as `PairDataset`.
    """
    return first(PairDataset(config.data, config.split, config.where, columns=("task",)), config.samples)


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
    """All items of a training, in the order in which it takes them; task after task, each in an order of its own.

    An item has what the model takes (`encode_prompt` and the answer), `labels`, `before` and `after`: (1, 3, `pixels`)
    in [0, 1], input and target at the same pixels, and `shares`: (1, P) in [-1, 1], the recipe's normalised values.

    Of T tasks that the pairs have, T items in a row have one each. No pair of a task comes again before all of them
    have come, so those of the rarer tasks come more often. Order and pixels are functions of seed and position alone: a
    training that is resumed sees what an undisturbed one does.

    Args:
        pairs: what to train on, with the column `task`.
        processor: of the model.
        side: of the squares that the model sees.
        pixels: to draw for each item.
        seed: of the order and of the pixels.
        length: items of the whole training.
    """

    def __init__(self, pairs: PairDataset, processor: Any, side: int, pixels: int, seed: int, length: int) -> None:
        self._pairs = pairs
        self._tasks = []
        for task in sorted(pc.unique(pairs.rows["task"]).to_pylist()):
            numbers = np.flatnonzero(pc.equal(pairs.rows["task"], task).to_numpy())
            self._tasks.append((numbers, EndlessOrder(pairs.shards[numbers], seed_of(seed, task))))
        self._processor = processor
        self._side = side
        self._pixels = pixels
        self._length = length

    def __len__(self) -> int:
        return self._length

    def drawn(self, position: int) -> Drawn:
        """The pair of an item, and the seed of what is drawn for it."""
        turn, task = divmod(position, len(self._tasks))
        numbers, order = self._tasks[task]
        place, seed = order[turn]
        return Drawn(int(numbers[place]), seed)

    def __getitem__(self, position: int) -> dict[str, Tensor]:
        drawn = self.drawn(position)
        before, after, said = self._pairs.pair(drawn)
        prompt = encode_prompt(self._processor, said.task, said.instruction, square(before, self._side))
        answer = encode_answer(self._processor, said.answer)
        generator = torch.Generator().manual_seed(seed_of(drawn.seed, said.key))
        at = torch.randint(before[0].numel(), (self._pixels,), generator=generator)
        shares = normalized(self._pairs.process, said.parameters)[None]
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
