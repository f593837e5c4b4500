"""Data sets whose style task follows presets and LUTs, in both directions, made on Ray."""

import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from operators.catalogue import AETHER_1
from operators.renderer import renderer_of
from pipeline.audit.realism_report import measure_realism
from pipeline.audit.replay import replay, same
from pipeline.audit.verify import verify
from pipeline.dataset.reader import read_pictures, read_sample, shard_rows
from pipeline.dataset.record import commits, load_record
from pipeline.jobs.planning import DatasetMismatchError, check_same
from pipeline.jobs.run import run
from pipeline.presets.cube import read_cube
from pipeline.recipes.provider import RecipesChangedError, recorded_recipes
from pipeline.sources.listing import list_sources
from pipeline.storage.store import open_store
from quality.measures import psnr
from schemas.dataset import DatasetRecord
from schemas.jobs.run import RunConfig
from schemas.manifest import ManifestRow

pytestmark = pytest.mark.ray

CONSOLE = Console(stderr=True)


def made(config: RunConfig) -> tuple[DatasetRecord, list[ManifestRow]]:
    store = open_store(config.out)
    record = load_record(store)
    return record, [row for commit in commits(store) for row in shard_rows(store, commit)]


def contents(root: str) -> dict[str, str]:
    files = sorted(path for path in Path(root).rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def values(tiny_values: dict[str, object], style_folder: Path, tmp_path: Path) -> dict[str, object]:
    """Config values of a small data set with three styles, in which a photo has more pairs than there are styles."""
    return {
        **tiny_values,
        "out": str(tmp_path / "out"),
        "pairs_per_source": 4,
        "words": {"tasks": {"style": 3, "auto": 1}},
        "recipes": {"styles": str(style_folder)},
        "shards": {"pairs": 12, "splits": {"train": 1.0}},
    }


def test_styles_rendered_on_photos(values: dict[str, object], style_folder: Path, photo_folder: Path) -> None:
    values["recipes"] = {"styles": str(style_folder), "style_direction": "render"}
    config = RunConfig.model_validate(values)
    run(config, CONSOLE)
    record, rows = made(config)
    store = open_store(config.out)
    names = {style.name for style in record.styles}
    assert names == {"Warm 02", "High Contrast", "Old Film"}
    lut = read_cube(style_folder / "film" / "faded.cube")
    seen = Counter[str | None]()
    for source in {row.source_sha256 for row in rows}:
        used = [row.style for row in rows if row.source_sha256 == source and row.style]
        assert len(set(used)) == len(used)
    for row in rows:
        assert row.origin == ("rendered" if row.task == "style" else "unrendered")
        if row.reasons == ["style_repeated"]:
            assert sum(row.source_sha256 == other.source_sha256 and other.style in names for other in rows) == 3
            continue
        assert (row.style is not None) == (row.task == "style")
        if row.status == "accepted" and row.style is not None:
            stored, target = read_pictures(store, row, "jpeg")
            assert row.recipe is not None
            if row.style == "Old Film":
                styled = lut.render(stored)
            else:
                styled = renderer_of("aether/1", "compiled").render(stored[None], AETHER_1.vector([row.recipe]))[0]
            assert psnr(styled[None], target[None]).item() > 38  # the target is coded once more
            assert json.loads(read_sample(store, row, "jpeg").json)["style"] == row.style
            seen[row.style] += 1
    assert set(seen) == names
    assert any(row.words and "old film" in row.words.instruction for row in rows)
    # The photo is coded once: inputs of its rendered pairs and the target of the others are the same bytes.
    for row in rows:
        twins = {
            other.input_sha256 if other.style else other.target_sha256
            for other in rows
            if other.source_sha256 == row.source_sha256 and other.recipe
        }
        assert len(twins) == 1
    assert verify(store, record, sample=6, workers=1).problems == []
    degraded = [row for row in rows if row.status == "accepted" and row.origin == "unrendered"]
    assert measure_realism(store, record, str(photo_folder)).pairs == len(degraded) > 0
    for style in names:
        key = next(row.key for row in rows if row.style == style)
        assert same(*replay(store, record, key))


def test_styles_undone_from_photos_are_the_same_bytes_whoever_makes_them(
    values: dict[str, object], style_folder: Path, tmp_path: Path
) -> None:
    config = RunConfig.model_validate(values)
    run(config, CONSOLE)
    record, rows = made(config)
    assert {row.origin for row in rows} == {"unrendered"}
    recipes = {style.name: style.recipe for style in record.styles}
    styled = [row for row in rows if row.style is not None]
    assert {row.style for row in styled} == set(recipes)
    for row in styled:
        assert row.task == "style"
        assert row.recipe == recipes[str(row.style)]
    assert sum(row.status == "accepted" for row in styled) >= 6
    store = open_store(config.out)

    other = tmp_path / "other"
    run(RunConfig.model_validate({**values, "out": str(other), "compute": {"workers": 2}}), CONSOLE)
    assert contents(str(other)) == contents(config.out)
    assert "3 presets and LUTs" in (other / "README.md").read_text()

    (style_folder / "Warm.xmp").write_bytes((style_folder / "Warm.xmp").read_bytes() + b"\n")
    recorded_recipes.__globals__["_read"].cache_clear()
    with pytest.raises(DatasetMismatchError, match="or the styles has changed"):
        check_same(record, config.dataset(), list_sources(config.sources), store)
    with pytest.raises(RecipesChangedError, match=r"recipes\.styles have changed"):
        replay(store, record, rows[0].key)
    style_folder.rename(tmp_path / "elsewhere")
    problems = verify(store, record, sample=1, workers=1).problems
    assert problems
    for problem in problems:
        assert re.search(r"cannot be made again: recipes\.styles: .*no such file or folder", problem)
