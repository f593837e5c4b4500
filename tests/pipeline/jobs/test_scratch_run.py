"""The scratch in a run: pairs have the same bytes with it and without it, and it goes when they are made."""

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest
from rich.console import Console

from pipeline.audit.replay import replay
from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import commits, load_record, missing_shards
from pipeline.jobs.cluster import cluster
from pipeline.jobs.inspection import _inspect_chunk
from pipeline.jobs.planning import plan, survey
from pipeline.jobs.run import run
from pipeline.pairs.photo import Photo
from pipeline.recipes.provider import recorded_recipes
from pipeline.shards.plan import read_shard_plan
from pipeline.shards.scratch import Scratch
from pipeline.shards.shard import make_shard
from pipeline.sources.listing import list_sources
from pipeline.storage.store import Store, open_store
from quality.scorers.build import scorer_cards, task_scorers
from schemas.config import ImageConfig
from schemas.jobs.run import RunConfig
from tests.contents import contents

pytestmark = pytest.mark.ray

CONSOLE = Console(stderr=True)


def make(store: Store) -> dict[str, str]:
    """Make all shards in this process; the contents of the data set."""
    record = load_record(store)
    scorers = task_scorers(record.config.scores, record.config.engine)
    for shard in missing_shards(store, record):
        make_shard(store, shard, record.config, record.fingerprint, recorded_recipes(record), scorers, Mock())
    return contents(store.root)


@pytest.fixture(scope="module")
def planned(tiny_values: dict[str, object], photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    """A planned data set of six photos, one of them twice, and a file that is no picture. Read only."""
    folder = tmp_path_factory.mktemp("scratch")
    sources = folder / "photos"
    shutil.copytree(photo_folder, sources)
    shutil.copy(photo_folder / "coffee.png", sources / "z.png")
    (sources / "no.jpg").write_bytes(b"this is no picture")
    config = RunConfig.model_validate({**tiny_values, "out": str(folder / "out"), "sources": [str(sources)]})
    with cluster(config.compute):
        plan(
            config,
            survey(open_store(config.out), config.dataset()),
            CONSOLE,
            scorers=scorer_cards(task_scorers(config.scores), config.scores),
        )
    return config


@pytest.fixture(scope="module")
def without(planned: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The contents of the data set that is made of the sources alone."""
    out = tmp_path_factory.mktemp("without") / "out"
    shutil.copytree(planned.out, out)
    shutil.rmtree(out / "scratch")
    return make(open_store(str(out)))


def test_a_plan_leaves_the_photos_of_the_sources_that_are_used(planned: RunConfig) -> None:
    store = open_store(planned.out)
    scratch = Scratch(store, planned.image)
    pairs = [pair for shard in missing_shards(store, load_record(store)) for pair in read_shard_plan(store, shard)]
    assert len({pair.source_sha256 for pair in pairs}) == len(store.names("scratch")) == 6
    for pair in pairs:
        photo = Photo(pair.source, pair.source_sha256, planned.image)
        assert scratch.find(pair.source, pair.source_sha256) == photo.stored


def test_with_the_scratch_no_source_is_read_again(
    planned: RunConfig, without: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    shutil.copytree(planned.out, out)
    store = open_store(str(out))
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.storage.fetch._read_local", Mock(side_effect=AssertionError("a source was read")))
        assert make(store) == without
    assert not (out / "scratch").exists()
    row = shard_rows(store, commits(store)[0])[0]
    monkeypatch.setattr("pipeline.storage.fetch._read_local", Mock(side_effect=LookupError("the source was read")))
    with pytest.raises(LookupError, match="the source was read"):
        replay(store, load_record(store), row.key)


def _cut_short(files: list[Path]) -> None:
    for i, file in enumerate(files):
        file.write_bytes(file.read_bytes()[: 50 * i])


def _swapped(files: list[Path]) -> None:
    kept = [file.read_bytes() for file in files]
    for file, data in zip(files, kept[1:] + kept[:1], strict=True):
        file.write_bytes(data)


def _of_another_config(files: list[Path]) -> None:
    scratch = Scratch(open_store(str(files[0].parents[1])), ImageConfig(long_side=128, min_short_side=64))
    for file in files:
        scratch.keep("photo.png", file.name, file.read_bytes()[32:])


@pytest.mark.parametrize("damage", [_cut_short, _swapped, _of_another_config])
def test_what_is_not_the_photo_of_a_source_is_not_used(
    planned: RunConfig, without: dict[str, str], tmp_path: Path, damage: Callable[[list[Path]], None]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(planned.out, out)
    damage(sorted((out / "scratch").iterdir()))
    assert make(open_store(str(out))) == without


def test_an_inspection_that_was_killed_is_resumed_to_the_same_bytes(tiny_dataset: RunConfig, tmp_path: Path) -> None:
    out = tmp_path / "out"
    config = tiny_dataset.model_copy(update={"out": str(out)})
    items = list_sources(config.sources)
    for position in (0, 1):  # two chunks are done; the photo of one is damaged, that of the other is lost
        _inspect_chunk._function(config.out, (position, items[position : position + 1]), config.image, 300)
    damaged, lost = sorted((out / "scratch").iterdir())
    damaged.write_bytes(damaged.read_bytes()[:1000])
    lost.unlink()
    (out / "scratch" / ("0" * 64)).write_bytes(b"of a source that is not listed any more")
    (out / "scratch" / ".tmp-half").write_bytes(b"half")
    run(config, CONSOLE)
    assert contents(config.out) == contents(tiny_dataset.out)
    assert not (out / "scratch").exists()


def test_what_a_task_left_that_was_killed_after_its_commit_goes_in_the_end(
    tiny_dataset: RunConfig, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(tiny_dataset.out, out)
    store = open_store(str(out))
    (pair, *_) = read_shard_plan(store, 0)
    Scratch(store, tiny_dataset.image).keep(pair.source, pair.source_sha256, b"photo")
    run(tiny_dataset.model_copy(update={"out": str(out)}), CONSOLE)
    assert contents(str(out)) == contents(tiny_dataset.out)
