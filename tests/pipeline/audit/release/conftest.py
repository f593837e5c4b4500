"""A small data set, its rows, its survey, and thresholds that so few pairs can keep."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.audit.release.release import DEFAULT_THRESHOLDS
from pipeline.audit.release.survey import Survey, survey_rows
from pipeline.config import read_config
from pipeline.dataset.reader import read_sample, shard_rows
from pipeline.dataset.record import commits, load_record
from pipeline.shards.commit import commit_name
from pipeline.shards.shard import commit_of, write_manifest, write_samples
from pipeline.sources.table import read_sources, write_sources
from pipeline.storage.store import open_store
from schemas.dataset import DatasetRecord
from schemas.jobs.release import Threshold, Thresholds
from schemas.manifest import ManifestRow

Change = Callable[[ManifestRow], ManifestRow]

TOO_FEW: tuple[str, ...] = (
    *("hue_named_share", "hue_seen_share", "scene_share", "strength_share", "task_share", "group_share"),
    *("distinct_instructions", "distinct_masked_instructions", "distinct_masked_answers", "commonest_instruction"),
    *("faint_sliders", "invisible_sliders", "empty_sections"),
)
"""Checks that a dozen pairs of six photos need not pass."""


@pytest.fixture(scope="session")
def thresholds() -> Thresholds:
    """Ours, but for what needs many pairs."""
    ours = read_config(DEFAULT_THRESHOLDS, Thresholds)
    loose = Threshold(min=0, max=1)
    return Thresholds(
        version=7, bounds={name: loose if name in TOO_FEW else bound for name, bound in ours.bounds.items()}
    )


@pytest.fixture(scope="session")
def thresholds_path(thresholds: Thresholds, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a file."""
    path = tmp_path_factory.mktemp("thresholds") / "few.yaml"
    path.write_text(thresholds.model_dump_json())  # JSON is YAML
    return path


@pytest.fixture(scope="session")
def record(pairs_dataset: str) -> DatasetRecord:
    return load_record(open_store(pairs_dataset))


@pytest.fixture(scope="session")
def rows(pairs_dataset: str) -> list[ManifestRow]:
    """All rows of the data set."""
    store = open_store(pairs_dataset)
    return [row for commit in commits(store) for row in shard_rows(store, commit)]


@pytest.fixture(scope="session")
def accepted(rows: list[ManifestRow]) -> list[ManifestRow]:
    return [row for row in rows if row.status == "accepted"]


@pytest.fixture
def survey_of(record: DatasetRecord) -> Callable[[list[ManifestRow]], Survey]:
    """The survey of rows, without their pictures."""
    return lambda rows: survey_rows(rows, record)


@pytest.fixture
def released(pairs_dataset: str, tmp_path: Path) -> Callable[..., str]:
    """`released(change, licence=..., names=...)` is a copy of the data set whose rows and sources are rewritten."""

    def copy(change: Change = lambda row: row, licence: Callable[[int], str | None] = lambda _: "CC0-1.0") -> str:
        out = tmp_path / "set"
        shutil.copytree(pairs_dataset, out)
        rewrite_sources(str(out), licence)
        stated = licences(str(out))
        rewrite_rows(str(out), lambda row: change(row.model_copy(update={"licence": stated[row.source_sha256]})))
        return str(out)

    return copy


def licences(root: str) -> dict[str, str | None]:
    """Licence of each source by its hash."""
    table = read_sources(open_store(root), "sources/000000.parquet")
    return dict(zip(table["sha256"].to_pylist(), table["licence"].to_pylist(), strict=True))


def rewrite_sources(root: str, licence: Callable[[int], str | None], **columns: Callable[[int], str | None]) -> None:
    """Give each source another value in some text columns, by its number."""
    store = open_store(root)
    table = read_sources(store, "sources/000000.parquet")
    for name, value in {"licence": licence, **columns}.items():
        values = pa.array([value(i) for i in range(len(table))], pa.string())
        table = table.set_column(table.schema.get_field_index(name), name, values)
    write_sources(store, "sources/000000.parquet", table)


def rewrite_rows(root: str, change: Change) -> None:
    """Change rows, with manifest, tar and commit record in agreement, as one does who wants to deceive."""
    store = open_store(root)
    config = load_record(store).config
    for commit in commits(store):
        before = shard_rows(store, commit)
        samples = {row.key: read_sample(store, row, config.image.format) for row in before if row.status == "accepted"}
        rows = [change(row) for row in before]
        packed = [
            (row.key, samples[row.key]._replace(json=row.to_member())) for row in rows if row.status == "accepted"
        ]
        tar, offsets = write_samples(store, commit.shard, packed, config.image.format)
        manifest = write_manifest(store, commit.shard, rows, config)
        record = commit_of(rows, commit.fingerprint, tar, manifest, offsets)
        store.write(commit_name(commit.shard), record.to_bytes())
