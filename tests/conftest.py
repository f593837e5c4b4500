"""Shared fixtures: real photographs that come with the test dependencies, an S3 server, and one small data set."""

import logging
from collections.abc import Iterator
from pathlib import Path

import boto3
import numpy as np
import pytest
import torch
from hypothesis import settings
from moto.server import ThreadedMotoServer
from PIL import Image
from rich.console import Console
from torch import Tensor

from pipeline.demo import write_photos
from pipeline.jobs.run import run
from schemas.jobs.run import RunConfig

torch.set_num_threads(1)  # as in a worker: the number of threads can move a last bit

# How long an example takes says nothing on a shared machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The six demo photographs as PNG files."""
    folder = tmp_path_factory.mktemp("photos")
    write_photos(folder)
    return folder


@pytest.fixture(scope="session")
def photos(photo_folder: Path) -> dict[str, Tensor]:
    """The six demo photographs, (3, H, W) uint8 by name."""
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
    out = tmp_path_factory.mktemp("tiny") / "dataset"
    config = RunConfig.model_validate({**tiny_values, "out": str(out)})
    run(config, Console(stderr=True))
    return config


@pytest.fixture(scope="session")
def _s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


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
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    for entry in client.list_objects_v2(Bucket="bucket").get("Contents", []):
        client.delete_object(Bucket="bucket", Key=entry["Key"])
    return "bucket"
