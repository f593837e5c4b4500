"""What an object store does on a bad day is not the file's fault, and what passes is waited for."""

from pathlib import Path

import boto3
import pytest
from tenacity import wait_none

from pipeline.storage.fetch import read_bytes
from pipeline.storage.s3 import BrokenBodyError, S3Store, read_object
from pipeline.storage.traffic import traffic
from schemas.source import FetchError, SourceError
from tests.faulty_s3 import Fault, FaultyS3

CONTENT = bytes(range(256)) * 4096


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_object.retry, "wait", wait_none())  # type: ignore[attr-defined]  # tenacity adds it


@pytest.fixture
def uri(s3_bucket: str) -> str:
    boto3.client("s3").put_object(Bucket=s3_bucket, Key="a.jpg", Body=CONTENT)
    return f"s3://{s3_bucket}/a.jpg"


@pytest.mark.parametrize("trouble", ["cut", "reset", "fail", "slow down"])
def test_what_passes_is_waited_for(faulty_s3: FaultyS3, uri: str, trouble: str) -> None:
    faulty_s3.faults.append(Fault("GET /bucket/a.jpg", trouble, 2))  # type: ignore[arg-type]
    assert read_bytes(uri) == CONTENT
    assert [r for r in faulty_s3.requests if r.startswith("GET")] == 3 * ["GET /bucket/a.jpg"]


def test_a_store_reads_whole_files_and_ranges(faulty_s3: FaultyS3, uri: str) -> None:
    store = S3Store(uri.removesuffix("/a.jpg"))
    faulty_s3.faults.append(Fault("GET", "cut", 3))
    assert store.read("a.jpg") == CONTENT
    faulty_s3.faults.append(Fault("GET", "cut", 3))
    assert store.read_range("a.jpg", 1000, 70_000) == CONTENT[1000:71_000]


def test_every_request_is_counted(faulty_s3: FaultyS3, uri: str, tmp_path: Path) -> None:
    faulty_s3.requests.clear()
    before = traffic()
    store = S3Store(uri.removesuffix("/a.jpg"))
    faulty_s3.faults += [Fault("GET", "slow down", 2), Fault("PUT", "fail", 1)]
    assert store.read("a.jpg") == CONTENT
    store.write("b", CONTENT[:1000])
    with store.staged("c") as path:  # in parts
        path.write_bytes(CONTENT * 9)
    store.names("x")
    seen = traffic().since(before)
    assert seen.requests == len(faulty_s3.requests) > 8
    assert seen.retries == 3
    assert seen.read == len(CONTENT)
    assert seen.written >= 9 * len(CONTENT) + 1000


def test_what_does_not_pass_is_no_fault_of_the_file(faulty_s3: FaultyS3, uri: str) -> None:
    faulty_s3.faults.append(Fault("GET", "refuse", 1))
    with pytest.raises(FetchError, match=r"a.jpg cannot be fetched: .*AccessDenied"):
        read_bytes(uri)
    faulty_s3.faults.append(Fault("GET", "cut", 6))
    with pytest.raises(FetchError, match="did not arrive whole"):
        read_bytes(uri)
    faulty_s3.faults.append(Fault("GET", "cut", 6))
    with pytest.raises(BrokenBodyError, match=r"s3://bucket/a.jpg did not arrive whole"):
        S3Store(uri.removesuffix("/a.jpg")).read("a.jpg")
    with pytest.raises(SourceError, match="unreadable"):
        read_bytes(uri + ".missing")


def test_clean_ends_uploads_that_stopped_half_way(s3_bucket: str) -> None:
    client = boto3.client("s3")
    for key in ("set/shards/000000.tar", "set-2/shards/000000.tar"):
        client.create_multipart_upload(Bucket=s3_bucket, Key=key)
    S3Store(f"s3://{s3_bucket}/set").clean()
    left = client.list_multipart_uploads(Bucket=s3_bucket)["Uploads"]
    assert [upload["Key"] for upload in left] == ["set-2/shards/000000.tar"]
