"""Shared fixtures: real photographs that come with the test dependencies, an S3 server, and one small data set.

Heavy libraries are imported in the fixtures that need them: every process of pytest loads this file first.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from schemas.jobs.run import RunConfig
    from tests.faulty_s3 import FaultyS3

# How long an example takes says nothing on a shared machine, and every machine must try the same examples.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=20_000, print_blob=True)
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that read the small data set need Ray, which makes it."""
    for item in items:
        if "tiny_dataset" in getattr(item, "fixturenames", ()):
            item.add_marker("ray")


@pytest.fixture(autouse=True)
def _only_marked_tests_start_ray(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make check` leaves out the tests that are marked `ray`; this keeps the mark true."""
    if "ray" not in request.keywords:
        monkeypatch.setattr("ray.init", Mock(side_effect=AssertionError("a test that starts Ray must be marked `ray`")))


@pytest.fixture(scope="session", autouse=True)
def _threads() -> None:
    """One, as in a worker of a run, unless TEST_THREADS says otherwise: no test may depend on it."""
    import torch

    torch.set_num_threads(int(os.environ.get("TEST_THREADS", "1")))


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The six demo photographs as PNG files."""
    from pipeline.demo import write_photos

    folder = tmp_path_factory.mktemp("photos")
    write_photos(folder)
    return folder


@pytest.fixture(scope="session")
def photos(photo_folder: Path) -> dict[str, Tensor]:
    """The six demo photographs, (3, H, W) uint8 by name."""
    import numpy as np
    import torch
    from PIL import Image

    return {
        path.stem: torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1).contiguous()
        for path in sorted(photo_folder.glob("*.png"))
    }


@pytest.fixture(scope="session")
def tiny_values(photo_folder: Path) -> dict[str, object]:
    """Config values of a data set that takes seconds: six photos, two variants, several shards, small pictures."""
    return {
        "sources": [str(photo_folder)],
        "out": "unset",
        "seed": 5,
        "pairs_per_source": 2,
        "image": {"long_side": 256, "min_short_side": 64},
        "scores": {"metrics": ["psnr", "ssim"], "long_side": 128},
        "shards": {"pairs": 4, "splits": {"train": 0.5, "validation": 0.5}},
    }


@pytest.fixture(scope="session")
def tiny_dataset(tiny_values: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    """A finished small data set; its config says where it is. Read only."""
    from rich.console import Console

    from pipeline.jobs.run import run
    from schemas.jobs.run import RunConfig

    out = tmp_path_factory.mktemp("tiny") / "dataset"
    config = RunConfig.model_validate({**tiny_values, "out": str(out)})
    run(config, Console(stderr=True))
    return config


@pytest.fixture(scope="session")
def _s3_server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def faulty_s3(_s3_server: str, s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyS3]:
    """A proxy before the S3 server, which the environment leads boto3 to; it has no faults yet."""
    from pipeline.storage.fetch import _s3
    from tests.faulty_s3 import faulty_s3

    with faulty_s3(_s3_server) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
        _s3.cache_clear()
        yield proxy
    _s3.cache_clear()


@pytest.fixture
def s3_bucket(_s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of an empty bucket on a real HTTP S3 server on loopback; the environment leads boto3 there."""
    for name, value in {
        "AWS_ENDPOINT_URL": _s3_server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    import boto3

    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    for entry in client.list_objects_v2(Bucket="bucket").get("Contents", []):
        client.delete_object(Bucket="bucket", Key=entry["Key"])
    return "bucket"
