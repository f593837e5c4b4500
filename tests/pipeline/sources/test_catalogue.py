"""Settling: repeats and splits."""

import hashlib
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.catalogue import settle as settle_table
from pipeline.sources.table import source_records, source_table
from schemas.source import Content, ContentIssue, SourceReason, SourceRecord

SPLITS = {"train": 0.6, "test": 0.4}


def settle(records: list[SourceRecord], splits: dict[str, float]) -> list[SourceRecord]:
    return list(source_records(settle_table(source_table(records), splits)))


def record(
    position: int, phash: int, content: str = "", group: str | None = None, reason: SourceReason | None = None
) -> SourceRecord:
    sha256 = hashlib.sha256((content or f"picture {position}").encode()).hexdigest()
    phash_text = None if reason else f"{phash:016x}"
    return SourceRecord(
        uri=f"/{position}.jpg", position=position, sha256=sha256, phash=phash_text, group=group, reason=reason
    )


def test_the_first_of_a_look_is_used_and_the_others_name_it() -> None:
    settled = settle(
        [record(0, 0xF0F0), record(1, 0xFFFF0000), record(2, 0xF0F1), record(3, 0xF0F0, "picture 0")], SPLITS
    )
    assert [r.reason for r in settled] == [None, None, "near_duplicate", "near_duplicate"]
    assert settled[2].detail == "looks like /0.jpg"
    assert settled[3].detail == "has the same bytes as /0.jpg"
    assert [r.split is None for r in settled] == [False, False, True, True]


def test_a_reject_leads_nobody_and_keeps_its_reason() -> None:
    broken = record(0, 0xF0F0, reason="corrupt")
    settled = settle([broken, record(1, 0xF0F0)], SPLITS)
    assert settled[0] == broken
    assert settled[1].reason is None


def test_nothing_to_settle() -> None:
    assert settle([], SPLITS) == []


def test_groups_never_part() -> None:
    records = [record(i, i * 0x9E3779B97F4A7C15 % 2**64, group=f"g{i % 7}") for i in range(200)]
    used = [r for r in settle(records, SPLITS) if r.reason is None]
    assert len({(r.group, r.split) for r in used}) == 7
    assert {r.split for r in used} == {"train", "test"}


def test_a_picture_before_leaks_into_no_other_split() -> None:
    records = []
    for number in range(60):
        first, second = (record(3 * number + i, (3 * number + i) * 0x9E3779B97F4A7C15 % 2**64) for i in (0, 1))
        original = record(3 * number + 2, (3 * number + 2) * 0x9E3779B97F4A7C15 % 2**64)
        both = {"before": original.uri, "before_sha256": original.sha256}
        records += [first.model_copy(update=both), second.model_copy(update=both), original]
    settled = [r for r in settle(records, SPLITS) if r.reason is None]
    splits = {r.sha256: r.split for r in settled}
    assert {r.split for r in settled} == {"train", "test"}
    for r in settled:
        if r.before_sha256 is not None:
            assert r.split == splits.get(r.before_sha256, r.split)
    shared = {(r.before_sha256, r.split) for r in settled if r.before_sha256}
    assert len(shared) == len({before for before, _ in shared})


def test_edits_of_one_picture_before_look_alike_and_are_all_used() -> None:
    one = {"before": "/raw.dng", "before_sha256": "1" * 64}
    other = {"before": "/other.dng", "before_sha256": "2" * 64}
    first, second, third, copy = record(0, 0xF0), record(1, 0xF0), record(2, 0xF1), record(3, 0xF0, "picture 1")
    strangers = [record(4, 0xF0).model_copy(update=other), record(5, 0xF0)]
    elsewhere = record(6, 0xF0, group="another split").model_copy(update=one)
    edits = [r.model_copy(update=one) for r in (first, second, third, copy)]
    settled = settle([*edits, *strangers, elsewhere], SPLITS)
    assert [r.reason for r in settled] == [None, None, None, *["near_duplicate"] * 4]
    assert len({r.split for r in settled[:3]}) == 1


RECORDS = st.lists(st.tuples(st.integers(0, 2**10 - 1), st.sampled_from([None, "a", "b"])))


@given(RECORDS, RECORDS)
def test_adding_sources_moves_none(first: list[tuple[int, str | None]], more: list[tuple[int, str | None]]) -> None:
    records = [record(i, phash, group=group) for i, (phash, group) in enumerate(first + more)]
    assert settle(records, SPLITS)[: len(first)] == settle(records[: len(first)], SPLITS)


def test_a_usable_source_without_a_hash_is_a_bug() -> None:
    with pytest.raises(ValueError, match=r"/3\.jpg"):
        settle([record(3, 1).model_copy(update={"sha256": None})], SPLITS)


def test_unwanted_content_is_rejected_and_what_looks_like_it_is_used() -> None:
    fine = Content.model_validate(dict.fromkeys(get_args(ContentIssue), 0.1))
    soft = fine.model_copy(update={"blurred": 0.953, "text": 0.9})
    records = [
        record(0, 5).model_copy(update={"content": soft, "issues": ["blurred", "text"]}),
        record(1, 5).model_copy(update={"content": fine}),
        record(2, 5, reason="corrupt"),
    ]
    rejected, used, broken = source_records(settle_table(source_table(records), SPLITS, ["blurred", "dark"]))
    assert (rejected.reason, rejected.detail) == ("blurred", "blurred: 0.95, where 0.9 is too much")
    assert (rejected.content, rejected.issues, rejected.split) == (soft, ["blurred", "text"], None)
    assert (used.reason, broken.reason) == (None, "corrupt")
    both = settle(records, SPLITS)
    assert [one.reason for one in both] == [None, "near_duplicate", "corrupt"]
