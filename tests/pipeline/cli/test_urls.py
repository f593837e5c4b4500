"""`unretouch urls`: addresses that other programs read."""

import json
from collections.abc import Callable
from pathlib import Path

import boto3

from pipeline.export.streaming import shard_urls

Command = Callable[..., tuple[int, str, str]]


def test_signed_addresses_hold_no_secret(unretouch: Command, pairs_dataset: str, s3_bucket: str) -> None:
    client = boto3.client("s3")
    for path in Path(pairs_dataset).rglob("*.*"):
        client.upload_file(str(path), s3_bucket, f"set/{path.relative_to(pairs_dataset)}")
    code, output, errors = unretouch("urls", f"s3://{s3_bucket}/set", "--split", "validation", "--expires", "60")
    urls = output.split()
    assert (code, errors) == (0, "")
    names = [Path(url).name for url in shard_urls(pairs_dataset, "validation")]
    assert [url.partition("?")[0].rpartition("/")[2] for url in urls] == names
    for url in urls:
        fields = dict(field.split("=") for field in url.partition("?")[2].split("&"))
        assert fields["X-Amz-Expires"] == "60"
        assert set(fields) == {
            *("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"),
            "X-Amz-Signature",
        }


def test_what_is_not_on_s3_needs_no_signature(unretouch: Command, pairs_dataset: str) -> None:
    assert unretouch("urls", pairs_dataset)[1].split() == shard_urls(pairs_dataset)
    assert json.loads(unretouch("urls", pairs_dataset, "--json")[1]) == {"urls": shard_urls(pairs_dataset)}


def test_errors_say_what_is_wrong(unretouch: Command, pairs_dataset: str, s3_bucket: str, tmp_path: Path) -> None:
    assert unretouch("urls", str(tmp_path))[::2] == (
        1,
        f"unretouch: {tmp_path} holds no data set: dataset.json is missing",
    )
    assert "has no split 'x'; its splits are train, validation" in unretouch("urls", pairs_dataset, "--split", "x")[2]
    assert unretouch("urls", pairs_dataset, "--expires", "0")[0] == 2
    assert "The specified bucket does not exist" in unretouch("urls", "s3://none/set")[2]
