"""Words in Chinese on real photographs: true, read back as what they say, and those of a whole data set."""

import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from torch import Tensor

from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import commits, load_record
from pipeline.storage.store import open_store
from pipeline.words.describe import describe
from quality.text.form import check_typed
from quality.text.languages import VOCABULARIES
from quality.text.validators import sentences, validate_words
from schemas.jobs.run import RunConfig
from schemas.recipe import Recipe
from schemas.sample import Language, Task, Words
from tests.pipeline.shards.same_bytes import make
from tests.pipeline.words.test_describe import Pair, made_pairs


@pytest.fixture(scope="module")
def pairs(photos: dict[str, Tensor]) -> list[Pair]:
    """Real photographs of about 256 pixels with random recipes over all combinations of groups."""
    return made_pairs(photos, 120)


def _words(pairs: list[Pair], task: Task, start: int = 0) -> list[Words]:
    return [describe(task, pair.recipe, pair.evidence, start + n, language="zh") for n, pair in enumerate(pairs)]


@pytest.mark.parametrize("task", get_args(Task))
def test_the_validator_takes_nearly_every_text(pairs: list[Pair], task: Task) -> None:
    refused = [
        (words, found)
        for start in (0, 1000)
        for words, pair in zip(_words(pairs, task, start), pairs, strict=True)
        if (found := validate_words(words, pair.recipe, pair.evidence, "zh"))
    ]
    assert len(refused) <= 0.02 * 2 * len(pairs), refused


def test_all_of_it_is_chinese(pairs: list[Pair]) -> None:
    for words, pair in zip(_words(pairs, "auto"), pairs, strict=True):
        text = words.instruction + re.sub(r"<[^>]+>", "", words.answer)
        assert re.fullmatch("[一-鿿，。；、？]+", text), text
        assert any(reason.reason.startswith("text_language") for reason in validate_words(words, *pair[:2]))


_FLIPS = {
    "提亮": "压暗", "提高": "降低", "增加": "减少", "增强": "减弱", "加强": "减弱", "调高": "调低", "加大": "减小",
    "亮": "暗", "强": "弱", "高": "低", "暖": "冷", "鲜艳": "素雅", "浓郁": "淡", "饱满": "淡", "浓": "淡", "艳": "淡",
    "平淡": "生硬", "品红": "绿", "洋红": "绿",
}  # fmt: skip
_OPPOSITES = {**{new: old for old, new in _FLIPS.items()}, **_FLIPS}


def _flipped(text: str) -> str:
    """Every direction word of the plans and problems turned round."""
    words = "|".join(sorted(_OPPOSITES, key=len, reverse=True))
    # Words that hold such a character but no direction.
    return re.sub(
        rf"(?:亮度|暗部|暗处|亮部|亮处|高光|较[亮暗]的|明暗)|({words})(?![^<>]*>)",
        lambda match: _OPPOSITES[match[1]] if match[1] else match[0],
        text,
    )


def test_flipped_directions_are_caught(pairs: list[Pair]) -> None:
    flipped = caught = 0
    for words, pair in zip(_words(pairs, "auto"), pairs, strict=True):
        wrong = words.model_copy(update={"answer": _flipped(words.answer)})
        if wrong != words:
            flipped += 1
            caught += bool(validate_words(wrong, pair.recipe, pair.evidence, "zh"))
    assert flipped > 70
    assert caught > 0.97 * flipped


def test_the_words_of_another_pair_are_caught_as_in_english(pairs: list[Pair]) -> None:
    """Many of the edits are weak and alike."""

    def caught(language: Language) -> int:
        words = [describe("auto", pair.recipe, pair.evidence, n, language=language) for n, pair in enumerate(pairs)]
        others = zip([*words[1:], words[0]], pairs, strict=True)
        return sum(bool(validate_words(other, pair.recipe, pair.evidence, language)) for other, pair in others)

    assert caught("zh") >= max(caught("en") - 2, 0.8 * len(pairs))


def test_variety(pairs: list[Pair]) -> None:
    words = [text for start in range(0, 5000, 1000) for text in _words(pairs, "auto", start)]
    assert len({item.instruction for item in words}) > 0.9 * len(words)
    assert len({item.answer for item in words}) > 0.75 * len(words)
    said = Counter(part for item in words for part in set(sentences(re.sub("<[^>]+>", "", item.answer), "zh")))
    long = {part: times for part, times in said.items() if len(part) > 12}
    assert max(long.values()) <= 0.02 * len(words)


def test_what_is_particular_of_an_instruction_is_flagged_and_nobody_mistypes(pairs: list[Pair]) -> None:
    words = [text for start in range(0, 20_000, 1000) for text in _words(pairs, "style", start)]
    assert {trait for item in words for trait in item.traits} == {"vague", "impossible", "contradiction"}
    for item, pair in zip(words, pairs * 20, strict=True):
        if item.traits:
            assert validate_words(item, pair.recipe, pair.evidence, "zh") == [], item


def test_professional_instructions_name_sliders_in_english(pairs: list[Pair]) -> None:
    texts = [text.instruction for text in _words(pairs, "professional")]
    said = [text for text in texts if not text.startswith("{") and re.search("[一-鿿]", text)]
    assert len(said) > 20
    assert any(re.search(r"Exposure [一-鿿]+ ?[+-]?\d\.\d\d EV", text) for text in said)
    assert not [text for text in said if check_typed("instruction", text, VOCABULARIES["zh"].form)]


def test_a_data_set_in_chinese(tiny_values: dict[str, object], tmp_path: Path) -> None:
    config = RunConfig.model_validate({**tiny_values, "out": str(tmp_path / "zh"), "words": {"language": "zh"}})
    make(config)
    store = open_store(config.out)
    rows = [row for commit in commits(store) for row in shard_rows(store, commit)]
    assert load_record(store).config.words.language == "zh"
    assert sum(row.status == "accepted" for row in rows) >= 8
    assert not [row.reasons for row in rows if any(reason.startswith("text") for reason in row.reasons)]
    for row in rows:
        assert row.words is not None
        assert isinstance(row.recipe, Recipe)
        assert re.search("[一-鿿]", row.words.answer)
