"""What tests of training share: web servers that give the files of a folder, and data sets made by hand."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from torch import Tensor

from operators.catalogue import AETHER_1
from operators.renderer import renderer_of
from pipeline.training.reader import PairDataset
from schemas.jobs.train_renderer import TrainRendererConfig
from schemas.manifest import ManifestRow
from schemas.recipe import Recipe
from schemas.sample import Sample, Task, Words


class _Whole(SimpleHTTPRequestHandler):
    """Answers with whole files, as a server that knows no ranges."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


class _Ranges(_Whole):
    """Answers requests for ranges."""

    def do_GET(self) -> None:
        wanted, path = self.headers.get("Range"), Path(self.translate_path(self.path))
        if wanted is None or not path.is_file():
            super().do_GET()
            return
        first, last = (int(place) for place in wanted.removeprefix("bytes=").split("-"))
        part = path.read_bytes()[first : last + 1]
        self.send_response(HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)


@pytest.fixture(autouse=True)
def _accelerate_forgets() -> Iterator[None]:
    """Accelerate keeps precision and device of the first training of a process; a user trains once in a process."""
    yield
    if "accelerate.state" in sys.modules:
        sys.modules["accelerate.state"].AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """`serve(folder)` is the address of a server of its files; `ranges=False` makes it one that knows no ranges."""
    servers: list[ThreadingHTTPServer] = []

    def start(folder: str, ranges: bool = True) -> str:
        handler = partial(_Ranges if ranges else _Whole, directory=folder)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


Write = Callable[[Path, Sequence[tuple[ManifestRow, Sample]]], str]


@pytest.fixture(scope="session")
def write_dataset() -> Write:
    """`write_dataset(root, pairs)` writes a finished data set, a shard of PNG in the split "train"; returns `root`."""
    import pyarrow.parquet as pq
    import webdataset as wds

    from pipeline.shards.commit import commit_name
    from pipeline.shards.shard import manifest_name, tar_name
    from pipeline.storage.store import open_store
    from schemas.config import DatasetConfig
    from schemas.dataset import CommitRecord, Counts, DatasetRecord, FileRecord, Platform
    from schemas.manifest import manifest_schema, manifest_table
    from schemas.sample import member_names

    def write(root: Path, pairs: Sequence[tuple[ManifestRow, Sample]]) -> str:
        for folder in ("shards", "manifest", "commits"):
            (root / folder).mkdir(parents=True)
        with wds.TarWriter(str(root / tar_name(0)), encoder=False) as tar:
            for row, sample in pairs:
                tar.write({"__key__": row.key, **dict(zip(member_names("png"), sample, strict=True))})
        schema = manifest_schema(list(AETHER_1.neutral), [])
        pq.write_table(manifest_table([row for row, _ in pairs], schema, AETHER_1.neutral), root / manifest_name(0))
        tar_file, manifest = (FileRecord(name=name, bytes=1, sha256="0") for name in (tar_name(0), manifest_name(0)))
        commit = CommitRecord(
            **{"shard": 0, "split": "train", "fingerprint": "f", "tar": tar_file, "manifest": manifest},
            **{"planned": len(pairs), "accepted": len(pairs), "origins": {"unrendered": len(pairs)}, "rejected": {}},
        )
        record = DatasetRecord(
            **{"version": "0", "code_sha256": "0", "process": "aether/1", "sources_sha256": "0"},
            **{"recipes_sha256": None, "fingerprint": "f", "splits": {"train": [0, 1]}},
            config=DatasetConfig.model_validate({"sources": ["photos"], "image": {"format": "png"}}),
            platform=Platform(processor=None, python="3", libraries={}),
            counts=Counts(
                **{"sources": 4, "sources_rejected": {}, "shards": 1, "planned": len(pairs), "accepted": len(pairs)}
            ),
        )
        store = open_store(str(root))
        store.write(commit_name(0), commit.to_bytes())
        store.write("dataset.json", record.to_bytes())
        return str(root)

    return write


def made_pair(key: str, task: Task, before: Tensor, values: dict[str, float]) -> tuple[ManifestRow, Sample]:
    """A pair of an input, uint8 (3, H, W), and the target that a recipe makes of it."""
    from pipeline.images.codec import encode
    from quality.text.format import build_answer, build_prompt, sections_of
    from schemas.config import ImageConfig

    recipe, png = Recipe(process="aether/1", values=values), ImageConfig(format="png")
    after = renderer_of("aether/1", "compiled").render(before[None], AETHER_1.vector([recipe]))[0]
    sample = encode(before, png), encode(after, png)
    instruction = f"Wish {key}."
    answer = build_answer(task, {name: f"{name} of {key}" for name in sections_of(task)})
    words = Words(task=task, instruction=instruction, prompt=build_prompt(task, instruction), answer=answer)
    row = ManifestRow(
        **{"key": key, "shard": 0, "split": "train", "source": "s", "source_sha256": "0", "variant": 0, "seed": 0},
        **{"task": task, "status": "accepted", "reasons": [], "recipe": recipe, "words": words},
        **{f"{name}_sha256": sha256(data).hexdigest() for name, data in zip(("input", "target"), sample, strict=True)},
    )
    return row, Sample(*sample, row.to_member())


@pytest.fixture(scope="session")
def made_dataset(photos: dict[str, Tensor], write_dataset: Write, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Root of a data set of four pairs of each of four small photographs: exposure, saturation or both moved."""
    moved = ((0.5, 0.0), (-0.5, 40.0), (0.0, -50.0), (0.8, 30.0))
    pairs = [
        made_pair(
            f"{source:02d}-{variant:02d}",
            "auto",
            photos[name][:, ::16, ::16],
            {"Exposure2012": exposure, "Saturation": saturation},
        )
        for source, name in enumerate(("astronaut", "china", "flower", "coffee"))
        for variant, (exposure, saturation) in enumerate(moved)
    ]
    return write_dataset(tmp_path_factory.mktemp("made") / "dataset", pairs)


@pytest.fixture(scope="session")
def made_pairs(made_dataset: str) -> PairDataset:
    """The pairs of `made_dataset`."""
    return PairDataset(made_dataset)


@pytest.fixture
def small_config(made_dataset: str, tmp_path_factory: pytest.TempPathFactory) -> TrainRendererConfig:
    """A training of a second on the made pairs."""
    return TrainRendererConfig.model_validate(
        {
            "dataset": made_dataset,
            "out": str(tmp_path_factory.mktemp("training")),
            "steps": 12,
            "batch": 4,
            "pixels": 64,
            "average": 0.9,
            "model": {"latent": 8, "hidden": [16, 16], "side": 32},
            "optimizer": {"rate": 5e-3},
            "validation": {"sources": 1, "every": 6, "pairs": 2},
            "checkpoint": {"every": 4, "keep": 1},
        }
    )


def changed(config: TrainRendererConfig, **values: object) -> TrainRendererConfig:
    """The same config but for some fields."""
    return TrainRendererConfig.model_validate({**config.model_dump(), **values})
