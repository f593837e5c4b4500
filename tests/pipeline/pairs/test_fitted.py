"""Sources with a picture before: a small run in which real pairs are fitted, or refused by name."""

import csv
import hashlib
import shutil
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console
from torch import Tensor

from operators.catalogue import AETHER_1
from operators.renderer import renderer_of
from pipeline.audit.realism_report import measure_realism
from pipeline.audit.replay import replay, same
from pipeline.audit.verify import verify
from pipeline.dataset.reader import read_pictures, shard_rows
from pipeline.dataset.record import commits, load_record
from pipeline.fitting.pair import render
from pipeline.jobs.planning import DatasetMismatchError, check_same
from pipeline.jobs.run import run
from pipeline.pairs.photo import SourceChangedError
from pipeline.sources.listing import list_sources
from pipeline.sources.table import read_sources, source_records
from pipeline.storage.store import Store, open_store
from quality.measures import grid, psnr
from schemas.dataset import DatasetRecord
from schemas.jobs.run import RunConfig
from schemas.manifest import ManifestRow
from schemas.recipe import Recipe

pytestmark = pytest.mark.ray

CONSOLE = Console(stderr=True)
EDIT = {"Exposure2012": 0.6, "Contrast2012": 20, "Shadows2012": 25, "IncrementalTemperature": 15, "Vibrance": 20}


def graded(photo: Tensor, **values: float) -> Tensor:
    return render(AETHER_1, photo, AETHER_1.vector([Recipe(process="aether/1", values=values or EDIT)]))


def picture(pixels: Tensor) -> Image.Image:
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())


def write_list(path: Path, befores: dict[str, str]) -> None:
    """A list of all the photos after, with some pictures before."""
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["uri", "before"])
        for name in ("astronaut", "chelsea", "china", "coffee", "flower", "rocket"):
            writer.writerow([f"{name}-after.jpg", befores.get(name, "")])


@pytest.fixture(scope="module")
def folder(photos: dict[str, Tensor], photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos before and after: a plain edit, one that lacks the margins of its before, one with a brush, one whose
    before is missing, one whose before is no picture, and one without."""
    folder = tmp_path_factory.mktemp("before")
    for name, photo in photos.items():
        after = graded(photo)
        if name == "china":
            quarter = after[:, : photo.shape[1] // 2, : photo.shape[2] // 2]
            quarter.copy_(graded(quarter.contiguous(), Exposure2012=0.8))
        edited = picture(after)
        if name == "chelsea":
            edited = edited.crop((5, 2, edited.width - 1, edited.height - 1))
        edited.save(folder / f"{name}-after.jpg", quality=95, subsampling=0)
    for name in ("chelsea", "china", "coffee"):
        shutil.copy(photo_folder / f"{name}.png", folder)
    (folder / "rocket.png").write_bytes(b"this is no picture")
    names = ("chelsea", "china", "coffee", "flower", "rocket")
    write_list(folder / "list.csv", {name: f"{name}.png" for name in names})
    return folder


@pytest.fixture(scope="module")
def config(folder: Path, tiny_values: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    """The finished data set of the list. Read only."""
    out = tmp_path_factory.mktemp("fitted") / "dataset"
    values = {
        **tiny_values,
        "sources": [str(folder / "list.csv")],
        "out": str(out),
        "pairs_per_source": 1,
        "image": {"long_side": 384, "min_short_side": 64},
        "content": {"reject": []},  # the brush blows a quarter of one photo out
    }
    config = RunConfig.model_validate(values)
    run(config, CONSOLE)
    return config


def opened(config: RunConfig) -> tuple[Store, DatasetRecord]:
    store = open_store(config.out)
    record = load_record(store)
    return store, record


def rows_of(config: RunConfig) -> list[ManifestRow]:
    store, _ = opened(config)
    return [row for commit in commits(store) for row in shard_rows(store, commit)]


def fitted_rows(config: RunConfig) -> dict[str, ManifestRow]:
    """By the name of the photo."""
    return {Path(row.source).name.partition("-")[0]: row for row in rows_of(config) if row.origin == "fitted"}


def test_every_before_adds_one_row(config: RunConfig) -> None:
    rows = rows_of(config)
    origins = Counter(row.origin for row in rows)
    assert origins["fitted"] == 5
    assert origins["unrendered"] + origins["rendered"] == 6
    assert len({row.key for row in rows}) == len(rows) == opened(config)[1].counts.planned
    for row in rows:
        assert (row.before is None) == (row.origin != "fitted")
        assert row.variant == (row.origin == "fitted")


def test_known_edits_are_found_again(config: RunConfig) -> None:
    store, _ = opened(config)
    for name in ("coffee", "chelsea"):
        row = fitted_rows(config)[name]
        assert row.status == "accepted", row.reasons
        assert row.recipe is not None
        assert row.measures is not None
        assert row.words is not None
        assert row.recipe.values["Exposure2012"] == pytest.approx(EDIT["Exposure2012"], abs=0.15)
        assert row.recipe.values["IncrementalTemperature"] == pytest.approx(EDIT["IncrementalTemperature"], abs=5)
        for spec in AETHER_1.parameters:
            value = row.recipe.values[spec.name]
            assert value == round(value, 2 if spec.unit == "EV" else 0)
        stored, target = (pixels[None] for pixels in read_pictures(store, row, "jpeg"))
        rendered = renderer_of("aether/1", "compiled").render(stored, AETHER_1.vector([row.recipe]))
        stride = config.scores.difference_stride
        measured = psnr(grid(rendered, stride), grid(target, stride)).item()
        assert measured == pytest.approx(row.measures.cycle_psnr, abs=0.01)
        assert measured > 34
        assert measured > row.measures.difference_psnr + 10
        assert row.measures.clipped == 0


def test_the_input_is_the_real_picture_before(config: RunConfig, photos: dict[str, Tensor]) -> None:
    row = fitted_rows(config)["coffee"]
    stored, _ = read_pictures(opened(config)[0], row, "jpeg")
    height, width = stored.shape[1:]
    small = picture(photos["coffee"]).resize((width, height), Image.Resampling.BICUBIC)
    difference = stored.permute(1, 2, 0).numpy().astype(float) - small
    assert abs(difference).mean() < 2


def test_what_cannot_be_fitted_is_a_row_with_its_reason(config: RunConfig) -> None:
    rows = fitted_rows(config)
    reasons = {name: row.reasons for name, row in rows.items() if row.status == "rejected"}
    assert reasons == {
        "china": ["fit_local_edit"],
        "flower": ["before_unreadable"],
        "rocket": ["before_not_an_image"],
    }
    for name, row in rows.items():
        if name in reasons:
            assert row.recipe is None
            assert f"{name}.png" in str(row.detail)
    sources = {
        Path(source.uri).name: source
        for source in source_records(read_sources(opened(config)[0], "sources/000000.parquet"))
    }
    assert all(source.reason is None for source in sources.values())
    befores = {name: source.before_reason for name, source in sources.items() if source.before_reason}
    assert befores == {"flower-after.jpg": "unreadable", "rocket-after.jpg": "not_an_image"}


def test_verify_and_replay_hold(config: RunConfig) -> None:
    store, record = opened(config)
    report = verify(store, record, sample=8, workers=1)
    assert report.problems == []
    assert report.remade >= 4
    for row in fitted_rows(config).values():
        assert same(*replay(store, record, row.key))


def test_two_workers_make_the_same_bytes(config: RunConfig, tmp_path: Path) -> None:
    compute = config.compute.model_copy(update={"workers": 2})
    other = config.model_copy(update={"out": str(tmp_path / "two"), "compute": compute})
    run(other, CONSOLE)
    assert _contents(other.out) == _contents(config.out)


def _contents(root: str) -> dict[str, str]:
    files = sorted(path for path in Path(root).rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_before_that_changes_is_refused_and_one_that_turns_up_is_not_used(
    config: RunConfig, folder: Path, photo_folder: Path
) -> None:
    row = fitted_rows(config)["coffee"]
    store, record = opened(config)
    content = (folder / "coffee.png").read_bytes()
    try:
        shutil.copy(photo_folder / "flower.png", folder)
        flower = fitted_rows(config)["flower"]
        assert same(*replay(store, record, flower.key))
        (folder / "coffee.png").write_bytes(content + b"changed")
        with pytest.raises(SourceChangedError, match=r"coffee\.png has changed since it was planned"):
            replay(store, record, row.key)
    finally:
        (folder / "coffee.png").write_bytes(content)
        (folder / "flower.png").unlink(missing_ok=True)


def test_another_list_of_befores_is_refused(config: RunConfig, folder: Path) -> None:
    store, record = opened(config)
    listed = (folder / "list.csv").read_text()
    try:
        write_list(folder / "list.csv", {"astronaut": "coffee.png", "chelsea": "chelsea.png"})
        with pytest.raises(DatasetMismatchError, match=r"astronaut-after\.jpg has another before: None -> .*coffee"):
            check_same(record, config.dataset(), list_sources(config.sources), store)
    finally:
        (folder / "list.csv").write_text(listed)


def test_card_commits_and_realism_tell_them_apart(config: RunConfig, photo_folder: Path) -> None:
    store, record = opened(config)
    rows = rows_of(config)
    accepted = Counter(row.origin for row in rows if row.status == "accepted")
    total: Counter[str] = Counter()
    for commit in commits(store):
        total.update(commit.origins)
    assert total == accepted
    text = store.read("README.md").decode()
    assert f"recipe was fitted to the two | {accepted['fitted']} |" in text
    assert f"recipe undone | {accepted['unrendered']} |" in text
    assert measure_realism(store, record, str(photo_folder)).pairs == accepted["unrendered"]
