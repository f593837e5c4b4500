"""Each check finds what it is for, in rows that were spoilt for it."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pytest

from operators.catalogue import AETHER_1
from pipeline.audit.hashes import hashed
from pipeline.audit.release.checks import Check, run_checks
from pipeline.audit.release.judge import Stored, judge
from pipeline.audit.release.release import DEFAULT_THRESHOLDS
from pipeline.audit.release.sources import released_sources
from pipeline.audit.release.survey import Survey, rails
from pipeline.config import ConfigError, read_config
from pipeline.dataset.reader import read_pictures, read_sample
from pipeline.storage.store import open_store
from quality.text.format import build_answer, parse_answer
from schemas.dataset import DatasetRecord
from schemas.jobs.release import CheckName, Threshold, Thresholds
from schemas.manifest import ManifestRow
from schemas.recipe import Recipe

SurveyOf = Callable[[list[ManifestRow]], Survey]
CheckOf = Callable[[list[ManifestRow], CheckName], Check]


@pytest.fixture
def sources(pairs_dataset: str, accepted: list[ManifestRow]) -> pa.Table:
    """Those of the accepted pairs."""
    return released_sources(open_store(pairs_dataset), hashed({row.source_sha256 for row in accepted}))


@pytest.fixture
def check_of(survey_of: SurveyOf, sources: pa.Table, record: DatasetRecord, thresholds: Thresholds) -> CheckOf:
    """A check over rows."""

    def run(rows: list[ManifestRow], name: CheckName, sources: pa.Table = sources) -> Check:
        checks = run_checks(survey_of(rows), sources, record, thresholds, None, lambda kind, found: [kind] * len(found))
        return next(check for check in checks if check.name == name)

    return run


def with_values(row: ManifestRow, **values: float) -> ManifestRow:
    assert row.recipe is not None
    recipe = Recipe(process=row.recipe.process, values={**row.recipe.values, **values})
    return row.model_copy(update={"recipe": recipe})


def with_words(row: ManifestRow, **words: str) -> ManifestRow:
    assert row.words is not None
    return row.model_copy(update={"words": row.words.model_copy(update=words)})


def judged(pairs: Iterable[Stored], record: DatasetRecord, survey: Survey) -> Survey:
    judge(pairs, record, survey)
    return survey


@pytest.fixture
def stored(pairs_dataset: str, record: DatasetRecord) -> Callable[[ManifestRow], Stored]:
    """A pair with the bytes of its pictures."""
    store = open_store(pairs_dataset)

    def read(row: ManifestRow) -> Stored:
        sample = read_sample(store, row, record.config.image.format)
        return Stored(row, sample.input, sample.target)

    return read


def test_validators_see_the_pixels(
    pairs_dataset: str,
    accepted: list[ManifestRow],
    record: DatasetRecord,
    survey_of: SurveyOf,
    stored: Callable[[ManifestRow], Stored],
) -> None:
    true = judged(map(stored, accepted), record, survey_of([]))
    assert true.totals["judged"] == len(accepted)
    assert not true.counts["objection"]
    assert true.counts["hue seen"]

    def brighter(row: ManifestRow) -> float:
        before, after = read_pictures(open_store(pairs_dataset), row, record.config.image.format)
        return float((after.float() - before.float()).mean())

    row = max(accepted, key=lambda row: abs(brighter(row)))
    assert row.words is not None
    sections = parse_answer(row.task, row.words.answer)
    verb, lie = ("Brighten", "Darken") if brighter(row) > 0 else ("Darken", "Brighten")
    for word, reasons in ((verb, set()), (lie, {"text_direction:brightness", "text_unsaid:brightness"})):
        answer = build_answer(row.task, {**sections, "plan_light": f"{word} the whole picture."})
        spoilt = with_words(row, answer=answer)
        found = judged([stored(row)._replace(row=spoilt)], record, survey_of([]))
        assert {name for name in found.counts["objection"] if name.endswith("brightness")} == reasons
        if reasons:
            assert found.totals["objected"] == 1
            assert found.examples["text_direction:brightness"] == [row.key]


def test_a_pair_without_words_is_an_objection(
    accepted: list[ManifestRow], record: DatasetRecord, survey_of: SurveyOf, stored: Callable[[ManifestRow], Stored]
) -> None:
    pair = stored(accepted[0])
    found = judged([pair._replace(row=pair.row.model_copy(update={"words": None}))], record, survey_of([]))
    assert found.counts["objection"] == {"text_missing": 1}


def test_the_good_set(accepted: list[ManifestRow], rows: list[ManifestRow], check_of: CheckOf) -> None:
    assert check_of(rows, "pairs").value == len(accepted)
    names: list[CheckName] = ["gates_failed", "rails", "effects_missing", "sources_in_two_splits"]
    for name in [*names, *("targets_in_two_splits", "look_alikes_in_two_splits", "scores_missing", "scores_constant")]:
        check = check_of(rows, name)
        assert (check.value, check.passed) == (0, True)


def test_nothing_does_not_pass(check_of: CheckOf) -> None:
    names: tuple[CheckName, ...] = ("pairs", "words_objected", "distinct_answers", "task_share", "rails")
    for name in names:
        assert check_of([], name).blocks


def test_repeated_texts(accepted: list[ManifestRow], check_of: CheckOf) -> None:
    assert check_of(accepted, "distinct_answers").passed
    first = accepted[0].words
    assert first is not None
    same = [with_words(row, instruction=first.instruction, answer=first.answer) for row in accepted]
    for name in ("distinct_instructions", "distinct_answers", "distinct_masked_answers"):
        check = check_of(same, name)
        assert check.value == round(1 / len(same), 6)
    assert check_of(same, "distinct_answers").blocks
    assert check_of(same, "commonest_instruction").value == 1
    assert check_of(same, "commonest_instruction").examples == ["instructions"]


def test_texts_that_differ_in_numbers_alone(accepted: list[ManifestRow], check_of: CheckOf) -> None:
    rows = [with_words(row, instruction=f"Raise Exposure by 0.{i:02d} EV.") for i, row in enumerate(accepted)]
    assert check_of(rows, "distinct_instructions").value == 1
    assert check_of(rows, "distinct_masked_instructions").value == round(1 / len(rows), 6)


def test_empty_sections(accepted: list[ManifestRow], check_of: CheckOf) -> None:
    silent = []
    for row in accepted:
        assert row.words is not None
        names = parse_answer(row.task, row.words.answer)
        empty = {name: "No problem." if name.startswith("problem") else "No change." for name in names}
        silent.append(with_words(row, answer=build_answer(row.task, empty)))
    value = check_of(accepted, "empty_sections").value
    assert value is not None
    assert 0 < value < 1
    assert check_of(silent, "empty_sections").value == 1


def test_values_at_the_rails(accepted: list[ManifestRow], check_of: CheckOf) -> None:
    exposure = next(spec for spec in AETHER_1.parameters if spec.name == "Exposure2012")
    assert {exposure.minimum, exposure.maximum} <= rails(exposure)
    spoilt = [with_values(row, Exposure2012=exposure.maximum) for row in accepted]
    check = check_of(spoilt, "rails")
    assert check.blocks
    assert check.detail == {"Exposure2012": len(spoilt)}
    assert check.examples[0] == spoilt[0].key
    assert check_of([with_values(row, Exposure2012=exposure.maximum - 0.01) for row in accepted], "rails").passed


def test_effects(accepted: list[ManifestRow], check_of: CheckOf) -> None:
    def faint(row: ManifestRow, effect: float) -> ManifestRow:
        return row.model_copy(update={"effects": dict.fromkeys(row.effects or {}, effect)})

    assert check_of([faint(row, 0.05) for row in accepted], "invisible_sliders").value == 1
    assert check_of([faint(row, 0.2) for row in accepted], "invisible_sliders").value == 0
    assert check_of([faint(row, 0.2) for row in accepted], "faint_sliders").value == 1
    assert check_of([faint(row, 0.3) for row in accepted], "faint_sliders").value == 0
    assert check_of([row.model_copy(update={"effects": None}) for row in accepted], "effects_missing").blocks


def test_coverage(accepted: list[ManifestRow], check_of: CheckOf) -> None:
    auto = [row.model_copy(update={"task": "auto"}) for row in accepted]
    assert check_of(auto, "task_share").detail == {"auto": 1, "style": 0, "professional": 0}
    assert check_of(auto, "task_share").value == 0
    light = [row.model_copy(update={"recipe": Recipe(process="aether/1", values={"Exposure2012": 1})}) for row in auto]
    assert check_of(light, "group_share").detail == {"light": 1, "color": 0, "specific": 0}
    named = [with_words(row, instruction="Calm the blues.", answer="") for row in accepted]
    assert check_of(named, "hue_named_share").detail == {
        hue: float(hue == "Blue") for hue in check_of(named, "hue_named_share").detail
    }
    bands = []
    for row, strength in zip(accepted, (1, 4, 8, 30), strict=False):
        assert row.measures is not None
        measures = row.measures.model_copy(update={"difference_de00": strength})
        bands.append(row.model_copy(update={"measures": measures}))
    assert check_of(bands, "strength_share").value == 0.25


def test_gates_are_held(accepted: list[ManifestRow], check_of: CheckOf) -> None:
    row = accepted[0]
    assert row.measures is not None
    bad = row.model_copy(update={"measures": row.measures.model_copy(update={"cycle_psnr": 12})})
    check = check_of([bad, *accepted[1:]], "gates_failed")
    assert check.blocks
    assert check.detail == {"cycle_psnr_low": 1}
    assert check.examples == [row.key]


def test_scores(accepted: list[ManifestRow], check_of: CheckOf) -> None:
    constant = [row.model_copy(update={"scores": {**row.scores, "ssim": 0.5}}) for row in accepted]
    assert check_of(constant, "scores_constant").examples == ["ssim"]
    assert check_of(constant, "scores_constant").blocks
    missing = [row.model_copy(update={"scores": {**row.scores, "ssim": None}}) for row in accepted[:1]]
    assert check_of([*missing, *accepted[1:]], "scores_missing").detail == {"ssim": 1}
    assert check_of([*missing, *accepted[1:]], "scores_missing").blocks


def test_what_splits_share(accepted: list[ManifestRow], check_of: Callable[..., Check], sources: pa.Table) -> None:
    first = accepted[0]
    other = next(split for split in ("train", "validation") if split != first.split)
    moved = first.model_copy(update={"split": other, "target_sha256": "0" * 64})
    assert check_of([*accepted, moved], "sources_in_two_splits").value == 1
    assert check_of([*accepted, moved], "sources_in_two_splits").examples == ["sources"]
    assert check_of([*accepted, moved], "targets_in_two_splits").value == 0
    target = moved.model_copy(update={"source_sha256": "1" * 64, "target_sha256": first.target_sha256})
    assert check_of([*accepted, target], "targets_in_two_splits").blocks
    assert check_of([*accepted, target], "sources_in_two_splits").passed
    original = target.model_copy(update={"before_sha256": first.source_sha256})
    assert check_of([*accepted, original], "sources_in_two_splits").blocks

    def column(name: str, values: list[str] | list[int]) -> pa.Table:
        return sources.set_column(
            sources.column_names.index(name), name, pa.array(values, sources.schema.field(name).type)
        )

    count = len(sources)
    assert len(set(sources["split"].to_pylist())) == 2
    assert check_of(accepted, "groups_in_two_splits", column("group", ["one"] * count)).examples == ["one"]
    assert check_of(accepted, "groups_in_two_splits", column("group", sources["split"].to_pylist())).passed
    near = [1 << (i % 3) for i in range(count)]
    assert check_of(accepted, "look_alikes_in_two_splits", column("phash", near)).value == count
    far = [0xFF << (8 * i) for i in range(count)]
    assert check_of(accepted, "look_alikes_in_two_splits", column("phash", far)).passed


def test_thresholds_are_complete_and_possible(tmp_path: Path, thresholds: Thresholds) -> None:
    assert read_config(DEFAULT_THRESHOLDS, Thresholds).version == 1
    for bad, message in (
        ({"version": 1, "bounds": {"pairs": {"min": 1}}}, "bounds lacks words_objected"),
        ({"version": 1, "bounds": {**thresholds.model_dump()["bounds"], "luck": {"min": 1}}}, "luck"),
        ({"version": 1, "bounds": {"pairs": {}}}, "needs min or max"),
        ({"version": 1, "bounds": {"pairs": {"min": 2, "max": 1}}}, "above max"),
    ):
        path = tmp_path / "bad.yaml"
        path.write_text(str(bad).replace("None", "null").replace("True", "true").replace("False", "false"))
        with pytest.raises(ConfigError, match=message):
            read_config(path, Thresholds)
    assert not Threshold(max=0).keeps(None)
    assert Threshold(max=0).keeps(0)
    assert not Threshold(min=0.5).keeps(0.4)
