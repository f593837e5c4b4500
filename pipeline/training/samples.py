"""Samples as training reads them, and their batches."""

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple, TypedDict, get_args

import numpy as np
import torch
from torch import Tensor

from operators.process import Process
from pipeline.storage.damage import DamagedError
from schemas.recipe import Group
from schemas.sample import Task


class Labels(NamedTuple):
    """What a sample carries beside its pictures.

    Attributes:
        key: key of the pair.
        task: its task.
        instruction: what the user asks for.
        prompt: the user's turn, with the instruction; see `quality.text.format`.
        answer: the model's turn.
        parameters: (P,) float32, the recipe in the order and the units of the process.
        groups: (3,) bool, whether the recipe moves a slider of each `Group`, in their order.
        effects: (P,) float32, mean CIEDE2000 that each slider makes; NaN where it is not known.
        scores: scores by name; NaN where there is none.
    """

    key: str
    task: Task
    instruction: str
    prompt: str
    answer: str
    parameters: Tensor
    groups: Tensor
    effects: Tensor
    scores: Mapping[str, float]


class PairSample(NamedTuple):
    """A pair: input and target, uint8 (3, H, W) sRGB, and its labels."""

    input: Tensor
    target: Tensor
    labels: Labels


class Broken(NamedTuple):
    """A sample that cannot be used: its key, and why."""

    key: str
    reason: str


class LabelBatch(TypedDict):
    """Labels of B samples, as in `Labels`, stacked: (B, P), (B, 3), (B, P), and (B,) float32 a score.

    `skipped` lists the samples that the batch lacks because they are broken.
    """

    key: list[str]
    task: list[Task]
    instruction: list[str]
    prompt: list[str]
    answer: list[str]
    parameters: Tensor
    groups: Tensor
    effects: Tensor
    scores: dict[str, Tensor]
    skipped: list[Broken]


class PairBatch(LabelBatch):
    """B pairs: uint8 (B, 3, S, S) each where pictures are cropped, otherwise lists of (3, H, W).

    Channels are last in memory (`torch.channels_last`).
    """

    input: Tensor | list[Tensor]
    target: Tensor | list[Tensor]


class LabelReader:
    """Reads labels from rows of a process's pairs. NumPy's arrays are made in a quarter of the time of torch's."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._neutral = np.array(list(process.neutral.values()))
        names = get_args(Group)
        self._group = np.array([names.index(spec.group) for spec in process.parameters])
        self._still = np.zeros(len(names), np.bool_)

    def __call__(self, row: Mapping[str, Any]) -> Labels:
        """Labels from a row of the manifest, or from the `json` member of a sample.

        Raises:
            KeyError, TypeError, ValueError: it is no row of an accepted pair of this process.
        """
        recipe, effects, words = row["recipe"]["values"], row["effects"] or {}, row["words"]
        neutral = self._process.neutral
        if not recipe.keys() <= neutral.keys():
            raise ValueError(f"the recipe is not one of process {self._process.name}")
        values = np.fromiter(map(recipe.get, neutral, neutral.values()), np.float64, len(neutral))
        groups = self._still.copy()
        groups[self._group[values != self._neutral]] = True
        return Labels(
            row["key"],
            row["task"],
            words["instruction"],
            words["prompt"],
            words["answer"],
            torch.from_numpy(values.astype(np.float32)),
            torch.from_numpy(groups),
            torch.from_numpy(np.fromiter(map(effects.get, neutral, repeat(np.nan)), np.float32, len(neutral))),
            {name: torch.nan if score is None else score for name, score in row["scores"].items()},
        )


def cropped(pictures: Sequence[Tensor], side: int, seed: int | None) -> list[Tensor]:
    """Cut the same square out of pictures of one size, (3, H, W): a random one by its seed, without one the middle.

    Raises:
        ValueError: the pictures are smaller than the square.
    """
    height, width = pictures[0].shape[-2:]
    if min(height, width) < side:
        raise ValueError(f"a picture of {width} x {height} holds no crop of {side}")
    if seed is None:
        top, left = (height - side) // 2, (width - side) // 2
    else:  # two digits of the seed
        rest, top = divmod(seed, height - side + 1)
        left = rest % (width - side + 1)
    # Copies, so that whole pictures do not stay in memory until the batch is complete: row by row, as they lie there.
    rows = [picture.permute(1, 2, 0)[top : top + side, left : left + side].clone() for picture in pictures]
    return [picture.permute(2, 0, 1) for picture in rows]


def pair_batch(samples: Sequence[PairSample | Broken], stack: bool) -> PairBatch:
    """Put pairs into a batch.

    Args:
        samples: pairs, and broken ones, which the batch lists and lacks.
        stack: whether pictures are put into one tensor.

    Raises:
        DamagedError: every sample is broken.
    """
    good = [sample for sample in samples if isinstance(sample, PairSample)]
    inputs, targets = [sample.input for sample in good], [sample.target for sample in good]
    labels = label_batch([sample.labels for sample in good], broken_of(samples))
    if stack:
        return {**labels, "input": stacked(inputs), "target": stacked(targets)}
    return {**labels, "input": inputs, "target": targets}


def broken_of(samples: Sequence[Any]) -> list[Broken]:
    """The broken ones among samples.

    Raises:
        DamagedError: all of them are broken.
    """
    broken = [sample for sample in samples if isinstance(sample, Broken)]
    if len(broken) == len(samples):
        raise DamagedError("every sample of a batch is broken: " + "; ".join(map(" ".join, broken)))
    return broken


def label_batch(labels: Sequence[Labels], skipped: list[Broken]) -> LabelBatch:
    """Stack the labels of at least one sample."""
    return {
        "key": [label.key for label in labels],
        "task": [label.task for label in labels],
        "instruction": [label.instruction for label in labels],
        "prompt": [label.prompt for label in labels],
        "answer": [label.answer for label in labels],
        "parameters": torch.stack([label.parameters for label in labels]),
        "groups": torch.stack([label.groups for label in labels]),
        "effects": torch.stack([label.effects for label in labels]),
        "scores": {name: torch.tensor([label.scores[name] for label in labels]) for name in labels[0].scores},
        "skipped": skipped,
    }


def stacked(pictures: Sequence[Tensor]) -> Tensor:
    """Pictures of one size, (3, H, W) each, as (B, 3, H, W) with the channels last in memory, as they are decoded."""
    return torch.stack([picture.permute(1, 2, 0) for picture in pictures]).permute(0, 3, 1, 2)
