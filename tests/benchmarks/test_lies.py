"""Planted lies are lies, of every kind, and nearly all are caught."""

import random

import pytest

from benchmarks.lies import LIES, Good, good_texts, plant
from quality.text.validators import validate_words
from schemas.jobs.run import RunConfig


@pytest.fixture(scope="module")
def goods(tiny_dataset: RunConfig) -> list[Good]:
    return list(good_texts(tiny_dataset.out))


def test_what_was_accepted_is_good(goods: list[Good]) -> None:
    assert [good.key for good in goods if validate_words(good.words, good.recipe, good.evidence)] == []


def test_lies_of_every_kind_are_planted_and_caught(goods: list[Good]) -> None:
    planted, caught, passed = plant(goods, 150)
    assert planted.total() == 150
    assert len(planted) >= len(LIES) - 1  # a small data set may have no text for one of them
    assert caught.total() >= 147, passed


def test_a_text_is_spoilt_for_its_task(goods: list[Good]) -> None:
    for name, lie in LIES.items():
        for number, good in enumerate(goods):
            spoilt = lie(good, random.Random(number))
            assert spoilt is None or spoilt.task == good.words.task, name
