"""What tests of training share: web servers that give the files of a folder, and pairs made in memory."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torch
from torch import Tensor

from operators.catalogue import AETHER_1
from operators.renderer import renderer_of
from pipeline.training.pairs import TrainingPair, group_mask, normalized
from schemas.jobs.train_renderer import TrainRendererConfig


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


class MadePairs:
    """Pairs of some pictures: exposure, saturation or both of them moved."""

    process = AETHER_1

    def __init__(self, pictures: Sequence[Tensor], variants: int = 4) -> None:
        self.keys = [f"{source:02d}-{variant:02d}" for source in range(len(pictures)) for variant in range(variants)]
        self._pairs = []
        for number, key in enumerate(self.keys):
            picture = pictures[number // variants]
            recipe = torch.zeros(1, 38)
            recipe[0, 0] = (0.5, -0.5, 0.0, 0.8)[number % 4]
            recipe[0, AETHER_1.index["Saturation"]] = (0.0, 40.0, -50.0, 30.0)[number % 4]
            target = renderer_of("aether/1", "compiled").render(picture[None], recipe)[0]
            parameters = normalized(AETHER_1, recipe[0])
            mask = group_mask(AETHER_1, parameters)
            self._pairs.append(TrainingPair(key, "auto", picture, target, recipe[0], parameters, mask))

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, index: int, /) -> TrainingPair:
        return self._pairs[index]


@pytest.fixture(scope="session")
def made_pairs(photos: dict[str, Tensor]) -> MadePairs:
    """Four pairs of each of four small photographs."""
    return MadePairs([photos[name][:, ::16, ::16].contiguous() for name in ("astronaut", "china", "flower", "coffee")])


@pytest.fixture
def small_config(
    made_pairs: MadePairs, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> TrainRendererConfig:
    """A training of a second on the made pairs."""
    monkeypatch.setattr("pipeline.training.train_renderer.open_pairs", lambda root, split: made_pairs)
    return TrainRendererConfig.model_validate(
        {
            "dataset": "made",
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
