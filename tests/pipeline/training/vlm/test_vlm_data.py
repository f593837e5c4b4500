"""What a VLM trains on: tokens, labels, pixels, batches."""

from collections import Counter
from typing import Any

import pytest
import torch

from pipeline.training.vlm_data import Collator, NothingToTrainOnError, VlmDataset, read_pairs, square
from pipeline.training.vlm_tiny import tiny_model
from pipeline.training.vlm_tokens import IGNORED, SPECIAL_TOKENS, decode_answer
from quality.text.format import RETOUCH_TOKENS


@pytest.fixture(scope="module")
def tiny(pairs_root: str) -> tuple[Any, Any]:
    """Model and processor."""
    return tiny_model([pair.words.answer for pair in read_pairs(pairs_root, "train")], "aether/1", 64, seed=0)


@pytest.fixture
def dataset(pairs_root: str, tiny: tuple[Any, Any]) -> VlmDataset:
    return VlmDataset(read_pairs(pairs_root, "train"), tiny[1], side=64, pixels=50, seed=3, length=18)


def test_tasks_come_in_equal_parts(dataset: VlmDataset) -> None:
    assert dataset.epoch == 6
    orders = set()
    for first in range(0, len(dataset), dataset.epoch):
        pairs = [dataset.pair(position) for position in range(first, first + dataset.epoch)]
        assert Counter(pair.words.task for pair in pairs) == {"auto": 2, "style": 2, "professional": 2}
        assert {pair.key for pair in pairs} == {"k-0", "k-1", "k-2", "k-3"}
        orders.add(tuple(pair.key for pair in pairs))
    assert len(orders) == 3


def test_every_special_token_is_one_token(tiny: tuple[Any, Any]) -> None:
    for token in SPECIAL_TOKENS:
        assert len(tiny[1].tokenizer(token, add_special_tokens=False)["input_ids"]) == 1


def test_labels_are_the_answer_and_its_end_alone(dataset: VlmDataset, tiny: tuple[Any, Any]) -> None:
    for index in range(dataset.epoch):
        item = dataset[index]
        labels, ids = item["labels"][0], item["input_ids"][0]
        learned = labels != IGNORED
        assert torch.equal(labels[learned], ids[learned])
        assert labels[-1] == tiny[1].tokenizer.eos_token_id
        assert decode_answer(tiny[1], labels[learned]) == dataset.pair(index).words.answer


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
    first = dataset[1]["before"]
    key = dataset.pair(1).key
    again = next(at for at in range(dataset.epoch, 2 * dataset.epoch) if dataset.pair(at).key == key)
    assert not torch.equal(dataset[again]["before"], first)
    assert torch.equal(dataset[1]["before"], first)


def test_before_and_after_are_the_same_pixels(dataset: VlmDataset) -> None:
    item, values = dataset[0], dataset.pair(0).recipe
    from operators.catalogue import AETHER_1

    rendered = AETHER_1.render(item["before"][..., None], AETHER_1.vector([values]))[..., 0].clamp(0, 1)
    assert (rendered - item["after"]).abs().max() < 0.01


def test_shares_are_those_of_the_recipe(dataset: VlmDataset) -> None:
    from operators.catalogue import AETHER_1

    shares, values = dataset[0]["shares"], dataset.pair(0).recipe.values
    assert shares.shape == (1, 38)
    for spec, share in zip(AETHER_1.parameters, shares[0].tolist(), strict=True):
        assert share == pytest.approx(spec.normalized(values.get(spec.name, 0.0)))


def test_square_pads_with_black_and_enlarges_nothing() -> None:
    picture = torch.full((3, 20, 40), 200, dtype=torch.uint8)
    seen = square(picture, 64)
    assert seen.shape == (3, 64, 64)
    assert (seen[:, 22:42, 12:52] == 200).all()
    assert seen.sum() == picture.sum()
    assert square(torch.full((3, 300, 100), 200, dtype=torch.uint8), 64).amax((0, 1)).nonzero().numel() == 21


def test_a_split_that_does_not_exist_is_named(pairs_root: str) -> None:
    with pytest.raises(NothingToTrainOnError, match=r"takes one of \['train'\]"):
        read_pairs(pairs_root, "test")
    assert len(read_pairs(pairs_root, "train", 2)) == 2


def test_retouch_tokens_end_every_answer(dataset: VlmDataset, tiny: tuple[Any, Any]) -> None:
    ids = tiny[1].tokenizer.convert_tokens_to_ids(list(RETOUCH_TOKENS))
    assert dataset[0]["input_ids"][0, -4:-1].tolist() == ids == tiny[0].config.retouch["token_ids"]
