"""A data set of a few pairs made by hand, without Ray, and a training on it that takes seconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from torch import Tensor

    from schemas.jobs.train_vlm import TrainVlmConfig
    from schemas.manifest import ManifestRow
    from schemas.sample import Sample, Task

VALUES = (
    {"Exposure2012": 0.6, "Contrast2012": 20.0},
    {"IncrementalTemperature": 25.0, "Saturation": 20.0},
    {"Exposure2012": -0.5, "HueAdjustmentBlue": 20.0},
    {"Shadows2012": 40.0, "Vibrance": 30.0},
)
TASKS: tuple[Task, ...] = ("auto", "auto", "style", "professional")


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def pairs_root(photos: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A finished data set of one shard: two auto pairs, one of the style task, one professional, 96 pixels wide."""
    import pyarrow.parquet as pq
    import webdataset as wds

    from operators.catalogue import AETHER_1
    from pipeline.shards.commit import commit_name
    from pipeline.shards.shard import manifest_name, tar_name
    from pipeline.storage.store import open_store
    from schemas.config import DatasetConfig
    from schemas.dataset import CommitRecord, Counts, DatasetRecord, FileRecord, Platform
    from schemas.manifest import manifest_schema, manifest_table
    from schemas.sample import member_names

    root = tmp_path_factory.mktemp("pairs") / "dataset"
    store = open_store(str(root))
    made = [_pair(at, photo) for at, (_, photo) in zip(range(len(TASKS)), sorted(photos.items()), strict=False)]
    for folder in ("shards", "manifest", "commits"):
        (root / folder).mkdir(parents=True)
    with wds.TarWriter(str(root / tar_name(0)), encoder=False) as tar:
        for row, sample in made:
            tar.write({"__key__": row.key, **dict(zip(member_names("png"), sample, strict=True))})
    neutral = AETHER_1.neutral
    table = manifest_table([row for row, _ in made], manifest_schema(list(neutral), []), neutral)
    pq.write_table(table, root / manifest_name(0))
    files = [FileRecord(name=name, bytes=1, sha256="0") for name in (tar_name(0), manifest_name(0))]
    commit = CommitRecord(
        **{"shard": 0, "split": "train", "fingerprint": "f", "tar": files[0], "manifest": files[1]},
        **{"planned": len(made), "accepted": len(made), "origins": {"unrendered": len(made)}, "rejected": {}},
    )
    store.write(commit_name(0), commit.to_bytes())
    record = DatasetRecord(
        **{"version": "0", "code_sha256": "0", "process": "aether/1", "sources_sha256": "0", "recipes_sha256": None},
        config=DatasetConfig.model_validate({"sources": ["photos"], "image": {"format": "png"}}),
        platform=Platform(processor=None, python="3", libraries={}),
        fingerprint="f",
        splits={"train": [0, 1]},
        counts=Counts(sources=4, sources_rejected={}, shards=1, planned=4),
    )
    store.write("dataset.json", record.to_bytes())
    return str(root)


@pytest.fixture
def settings(pairs_root: str, tmp_path: Path) -> dict[str, Any]:
    """Values of a config whose training takes a few seconds."""
    return {
        **{"data": pairs_root, "out": str(tmp_path / "run"), "model": "tiny", "side": 64, "pixels": 256},
        **{"steps": 5, "batch": 2, "learning_rate": 3e-3, "head_learning_rate": 3e-3, "device": "cpu"},
        **{"save_every": 2, "log_every": 1},
    }


@pytest.fixture
def config(settings: dict[str, Any]) -> TrainVlmConfig:
    from schemas.jobs.train_vlm import TrainVlmConfig

    return TrainVlmConfig.model_validate(settings)


def _pair(at: int, photo: Tensor) -> tuple[ManifestRow, Sample]:
    from operators.catalogue import AETHER_1
    from operators.renderer import renderer_of
    from operators.resize import resize
    from pipeline.images.codec import encode
    from quality.text.format import build_answer, build_prompt, sections_of
    from schemas.config import ImageConfig
    from schemas.manifest import ManifestRow
    from schemas.recipe import Recipe
    from schemas.sample import Sample, Words

    recipe, task, image = Recipe(process="aether/1", values=VALUES[at]), TASKS[at], ImageConfig(format="png")
    before = resize(photo, 96)
    after = renderer_of("aether/1", "eager").render(before[None], AETHER_1.vector([recipe]))[0]
    instruction = f"Wish number {at}."
    answer = build_answer(task, {name: f"{name} of {at}" for name in sections_of(task)})
    words = Words(task=task, instruction=instruction, prompt=build_prompt(task, instruction), answer=answer)
    row = ManifestRow(
        **{"key": f"k-{at}", "shard": 0, "split": "train", "source": "s", "source_sha256": "0", "variant": at},
        **{"seed": at, "task": task, "status": "accepted", "reasons": [], "recipe": recipe, "words": words},
    )
    return row, Sample(encode(before, image), encode(after, image), row.to_member())
