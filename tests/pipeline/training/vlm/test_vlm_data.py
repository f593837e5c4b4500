"""What a VLM trains on: tokens, labels, pixels, batches."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dataset.index import SelectionError
from pipeline.training.reader import PairDataset
from pipeline.training.samples import Labels
from pipeline.training.vlm_data import Collator, VlmDataset, pairs_of, square
from pipeline.training.vlm_tiny import tiny_model
from pipeline.training.vlm_tokens import IGNORED, SPECIAL_TOKENS, decode_answer
from quality.text.format import RETOUCH_TOKENS
from schemas.jobs.train_vlm import TrainVlmConfig


@pytest.fixture(scope="module")
def pairs(pairs_root: str) -> PairDataset:
    return PairDataset(pairs_root, "train", columns=("task",))


@pytest.fixture(scope="module")
def tiny(pairs: PairDataset) -> tuple[Any, Any]:
    """Model and processor."""
    return tiny_model([pairs.labels(number).answer for number in range(4)], "aether/1", 64, seed=0)


@pytest.fixture
def dataset(pairs: PairDataset, tiny: tuple[Any, Any]) -> VlmDataset:
    return VlmDataset(pairs, tiny[1], side=64, pixels=50, seed=3, length=48)


EPOCH = 6
"""Items after which all pairs of the most frequent task have come."""


def labels_at(pairs: PairDataset, dataset: VlmDataset, position: int) -> Labels:
    return pairs.labels(dataset.drawn(position).number)


def test_tasks_come_in_equal_parts(pairs: PairDataset, dataset: VlmDataset) -> None:
    found = [labels_at(pairs, dataset, position) for position in range(len(dataset))]
    for start in range(0, len(found), 3):
        assert {labels.task for labels in found[start : start + 3]} == {"auto", "style", "professional"}
    for start in range(0, len(found), EPOCH):
        assert {labels.key for labels in found[start : start + EPOCH]} == {"k-0", "k-1", "k-2", "k-3"}
    orders = {tuple(labels.key for labels in found[start : start + EPOCH]) for start in range(0, len(found), EPOCH)}
    assert len(orders) == 2  # of the two pairs of one task


@given(st.lists(st.sampled_from(["auto", "style", "professional"]), min_size=1, max_size=40), st.integers(0, 99))
def test_no_pair_comes_again_before_the_others_of_its_task(tasks: list[str], seed: int) -> None:
    pairs: Any = SimpleNamespace(rows=pa.table({"task": tasks}), shards=np.arange(len(tasks), dtype=np.int32) // 3)
    dataset = VlmDataset(pairs, None, side=64, pixels=1, seed=seed, length=1000)
    kinds, turns = len(set(tasks)), 3 * max(Counter(tasks).values())
    drawn = [dataset.drawn(position) for position in range(kinds * turns)]
    for task in range(kinds):
        numbers = [one.number for one in drawn[task::kinds]]
        (kind,) = {tasks[number] for number in numbers}
        once = tasks.count(kind)
        for start in range(0, turns - once + 1, once):
            assert len(set(numbers[start : start + once])) == once
    assert [dataset.drawn(position) for position in reversed(range(len(drawn)))] == drawn[::-1]


def test_every_special_token_is_one_token(tiny: tuple[Any, Any]) -> None:
    for token in SPECIAL_TOKENS:
        assert len(tiny[1].tokenizer(token, add_special_tokens=False)["input_ids"]) == 1


def test_labels_are_the_answer_and_its_end_alone(
    pairs: PairDataset, dataset: VlmDataset, tiny: tuple[Any, Any]
) -> None:
    for index in range(EPOCH):
        item = dataset[index]
        labels, ids = item["labels"][0], item["input_ids"][0]
        learned = labels != IGNORED
        assert torch.equal(labels[learned], ids[learned])
        assert labels[-1] == tiny[1].tokenizer.eos_token_id
        assert decode_answer(tiny[1], labels[learned]) == labels_at(pairs, dataset, index).answer


def test_batches_are_padded_and_pad_is_neither_read_nor_learned(dataset: VlmDataset, tiny: tuple[Any, Any]) -> None:
    items = [dataset[index] for index in range(3)]
    batch = Collator(tiny[1].tokenizer.pad_token_id)(items)
    longest = max(item["input_ids"].shape[1] for item in items)
    assert batch["input_ids"].shape == batch["labels"].shape == batch["attention_mask"].shape == (3, longest)
    assert batch["pixel_values"].shape == (3, 3, 64, 64)
    assert batch["before"].shape == batch["after"].shape == (3, 3, 50)
    for row, item in enumerate(items):
        length = item["input_ids"].shape[1]
        assert batch["attention_mask"][row].sum() == length
        assert (batch["labels"][row, length:] == IGNORED).all()


def test_pixels_are_a_function_of_seed_and_position(dataset: VlmDataset) -> None:
    item = dataset[1]["before"]
    number = dataset.drawn(1).number
    again = next(at for at in range(2, len(dataset)) if dataset.drawn(at).number == number)
    assert not torch.equal(dataset[again]["before"], item)
    assert torch.equal(dataset[1]["before"], item)


def test_before_and_after_are_the_same_pixels(pairs: PairDataset, dataset: VlmDataset) -> None:
    item, values = dataset[0], labels_at(pairs, dataset, 0).parameters
    from operators.catalogue import AETHER_1

    rendered = AETHER_1.render(item["before"][..., None], values[None])[..., 0].clamp(0, 1)
    assert (rendered - item["after"]).abs().max() < 0.01


def test_shares_are_those_of_the_recipe(pairs: PairDataset, dataset: VlmDataset) -> None:
    shares, values = dataset[0]["shares"], labels_at(pairs, dataset, 0).parameters
    assert shares.shape == (1, 38)
    for spec, share, value in zip(pairs.process.parameters, shares[0].tolist(), values.tolist(), strict=True):
        assert share == pytest.approx(spec.normalized(value))


def test_square_pads_with_black_and_enlarges_nothing() -> None:
    picture = torch.full((3, 20, 40), 200, dtype=torch.uint8)
    seen = square(picture, 64)
    assert seen.shape == (3, 64, 64)
    assert (seen[:, 22:42, 12:52] == 200).all()
    assert seen.sum() == picture.sum()
    assert square(torch.full((3, 300, 100), 200, dtype=torch.uint8), 64).amax((0, 1)).nonzero().numel() == 21


def test_configs_select_pairs(config: TrainVlmConfig) -> None:
    assert len(pairs_of(config)) == 4
    assert pairs_of(config.model_copy(update={"samples": 2})).keys.to_pylist() == ["k-0", "k-1"]
    chosen = pairs_of(config.model_copy(update={"where": "task != 'auto'", "samples": 9}))
    assert chosen.rows["task"].to_pylist() == ["style", "professional"]
    with pytest.raises(SelectionError, match=r"no split 'test'; its splits are train"):
        pairs_of(config.model_copy(update={"split": "test"}))


def test_retouch_tokens_end_every_answer(dataset: VlmDataset, tiny: tuple[Any, Any]) -> None:
    ids = tiny[1].tokenizer.convert_tokens_to_ids(list(RETOUCH_TOKENS))
    assert dataset[0]["input_ids"][0, -4:-1].tolist() == ids == tiny[0].config.retouch["token_ids"]
