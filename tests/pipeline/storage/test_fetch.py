"""Reading bytes."""

import os
from pathlib import Path

import boto3
import pytest

from pipeline.storage.fetch import read_bytes
from schemas.source import SourceError


def reason(uri: str) -> str:
    with pytest.raises(SourceError) as caught:
        read_bytes(uri)
    return caught.value.reason


def test_paths_and_file_addresses(tmp_path: Path) -> None:
    path = tmp_path / "a b%20#?.jpg"
    path.write_bytes(b"content")
    assert read_bytes(str(path)) == b"content"
    assert read_bytes(path.as_uri()) == b"content"


def test_what_is_no_readable_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for uri in (
        str(tmp_path),
        str(tmp_path / "missing"),
        str(tmp_path / "pipe"),
        "a\0b",
        "http://host/a.jpg",
        "s3://bucket",
    ):
        assert reason(uri) == "unreadable"


def test_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    monkeypatch.setattr("pipeline.storage.fetch.MAX_BYTES", 5)
    assert read_bytes(str(tmp_path / "a")) == b"12345"
    monkeypatch.setattr("pipeline.storage.fetch.MAX_BYTES", 4)
    assert reason(str(tmp_path / "a")) == "too_large"


def test_s3(s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    boto3.client("s3").put_object(Bucket=s3_bucket, Key="some/a b.jpg", Body=b"content")
    assert read_bytes(f"s3://{s3_bucket}/some/a b.jpg") == b"content"
    assert reason(f"s3://{s3_bucket}/missing.jpg") == "unreadable"
    assert reason("s3://no-such-bucket/a.jpg") == "unreadable"
    monkeypatch.setattr("pipeline.storage.fetch.MAX_BYTES", 4)
    assert reason(f"s3://{s3_bucket}/some/a b.jpg") == "too_large"
