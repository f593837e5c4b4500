"""Shards on S3 for webdataset and `datasets`: the same bytes, whatever the store does, in few requests."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import datasets
import pytest
import webdataset as wds
from tenacity import wait_none
from webdataset.gopen import gopen, gopen_schemes

from pipeline.dataset.index import SelectionError
from pipeline.dataset.record import NoDataSetError
from pipeline.export import streaming
from pipeline.export.streaming import register_s3, shard_urls
from pipeline.storage.s3 import BrokenBodyError, read_object
from pipeline.storage.traffic import traffic
from tests.faulty_s3 import Fault, FaultyS3

Sample = dict[str, bytes]


@pytest.fixture(autouse=True)
def _set_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(read_object.retry, "wait", wait_none())  # type: ignore[attr-defined]  # tenacity adds it
    monkeypatch.setattr(streaming, "PART", 16_384)  # so that small shards have many parts
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    streaming._opened.cache_clear()  # its clients know the address of the server before
    register_s3()
    yield
    del gopen_schemes["s3"]


@pytest.fixture
def root(pairs_dataset: str, faulty_s3: FaultyS3) -> str:
    """A finished data set on S3, behind the proxy."""
    client = boto3.client("s3")
    for path in Path(pairs_dataset).rglob("*.*"):
        client.upload_file(str(path), "bucket", f"set/{path.relative_to(pairs_dataset)}")
    faulty_s3.requests.clear()
    return "s3://bucket/set"


def samples(urls: str | list[str]) -> list[Sample]:
    """Samples without what webdataset notes of the place where each lay."""
    found = wds.WebDataset(urls, shardshuffle=False)
    return [{name: data for name, data in sample.items() if not name.startswith("__")} for sample in found]


@pytest.mark.parametrize("trouble", ["cut", "reset", "fail", "slow down"])
def test_webdataset_reads_the_same_bytes_on_bad_days(
    pairs_dataset: str, root: str, faulty_s3: FaultyS3, trouble: str
) -> None:
    faulty_s3.faults.append(Fault(r"GET .*\.tar", trouble, 3))  # type: ignore[arg-type]
    assert samples(shard_urls(root)) == samples(shard_urls(pairs_dataset))


def test_patterns_of_webdataset_work(pairs_dataset: str, root: str) -> None:
    last = len(shard_urls(root)) - 1
    expected = samples(shard_urls(pairs_dataset))
    assert samples(f"{root}/shards/{{000000..{last:06d}}}.tar") == expected


def test_a_file_takes_one_request_for_each_part(s3_bucket: str) -> None:
    content = bytes(range(256)) * 400
    boto3.client("s3").put_object(Bucket=s3_bucket, Key="a.tar", Body=content)
    before = traffic()
    with gopen(f"s3://{s3_bucket}/a.tar") as file:
        assert file.read() == content
    used = traffic().since(before)
    assert (used.requests - used.retries, used.read) == (len(content) // 16_384 + 1, len(content))


def test_what_is_opened_is_a_file(pairs_dataset: str, root: str) -> None:
    content = Path(shard_urls(pairs_dataset)[0]).read_bytes()
    with gopen(shard_urls(root)[0]) as file:
        assert file.read(1000) == content[:1000]
        assert file.read() == content[1000:]
        assert file.read(1) == b""


@pytest.mark.parametrize("size", [0, 16_383, 16_384, 16_385, 32_768])
def test_files_end_where_they_end(s3_bucket: str, size: int) -> None:
    content = (bytes(range(256)) * 200)[:size]
    boto3.client("s3").put_object(Bucket=s3_bucket, Key="a b?#%.bin", Body=content)
    with gopen(f"s3://{s3_bucket}/a b?#%.bin") as file:
        assert file.read() == content


def test_a_part_that_never_arrives_is_no_end(root: str, faulty_s3: FaultyS3) -> None:
    faulty_s3.faults.append(Fault(r"GET .*\.tar", "cut"))
    with gopen(shard_urls(root)[0]) as file:
        for _ in range(2):
            with pytest.raises(BrokenBodyError, match="did not arrive whole"):
                file.read()


def test_what_is_not_there_or_to_be_written_says_so(s3_bucket: str) -> None:
    with gopen(f"s3://{s3_bucket}/none.tar") as file, pytest.raises(FileNotFoundError, match=r"bucket/none\.tar"):
        file.read(1)
    with pytest.raises(ValueError, match="opened to read"):
        gopen(f"s3://{s3_bucket}/new.tar", "wb")


@pytest.mark.parametrize("trouble", ["cut", "reset", "fail", "slow down"])
def test_datasets_reads_shards_and_manifests_through_s3fs(
    pairs_dataset: str, root: str, faulty_s3: FaultyS3, trouble: str
) -> None:
    faulty_s3.faults.append(Fault(r"GET .*(tar|parquet)", trouble, 2))  # type: ignore[arg-type]
    pairs, expected = (
        datasets.load_dataset("webdataset", data_files=shard_urls(place), split="train", streaming=True).decode(False)
        for place in (root, pairs_dataset)
    )
    for pair, same in zip(pairs, expected, strict=True):
        for name in ("input.jpg", "target.jpg"):
            assert pair[name]["bytes"] == same[name]["bytes"]
        assert pair["json"] == same["json"]
    rows, expected = (
        datasets.load_dataset("parquet", data_files=f"{place}/manifest/*.parquet", split="train", streaming=True)
        for place in (root, pairs_dataset)
    )
    assert list(rows) == list(expected)


def test_signed_addresses_need_no_credentials(
    pairs_dataset: str, root: str, faulty_s3: FaultyS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = shard_urls(root, "train", expires=60)
    assert all(url.startswith(f"{faulty_s3.address}/bucket/set/shards/") for url in urls)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    faulty_s3.faults.append(Fault("HEAD", "refuse"))  # a signature is for one method
    expected = samples(shard_urls(pairs_dataset, "train"))
    assert samples(urls) == expected
    pairs = datasets.load_dataset("webdataset", data_files=urls, split="train", streaming=True).decode(False)
    assert [pair["input.jpg"]["bytes"] for pair in pairs] == [sample["input.jpg"] for sample in expected]


def test_what_cannot_be_listed_says_why(root: str, pairs_dataset: str, tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match="has no split 'valid'; its splits are train, validation"):
        shard_urls(root, "valid")
    with pytest.raises(NoDataSetError, match=r"dataset\.json is missing"):
        shard_urls(f"{root}/shards")
