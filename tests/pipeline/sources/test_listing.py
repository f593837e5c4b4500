"""Listing: what each kind of source stands for, and in which order."""

import os
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.sources.listing import list_sources
from pipeline.storage.fetch import read_bytes
from schemas.source import ListingError


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.name.encode())


def names(folder: Path, *sources: str) -> list[str]:
    return [item.uri.removeprefix(f"{folder}/") for item in list_sources(list(sources))]


def test_a_folder_gives_every_file_below_it_sorted(tmp_path: Path) -> None:
    touch(
        *(
            tmp_path / name
            for name in ("b/2.jpg", "b/1.JPG", "a.txt", "c.jpg", ".hidden.jpg", ".git/x.jpg", "b/.y/z.jpg")
        )
    )
    assert names(tmp_path, str(tmp_path)) == ["a.txt", "b/1.JPG", "b/2.jpg", "c.jpg"]


def test_links_in_circles_end_and_are_listed(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg")
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "dead.jpg").symlink_to(tmp_path / "missing")
    assert names(tmp_path, str(tmp_path)) == ["a.jpg", "circle", "dead.jpg"]


def test_patterns(tmp_path: Path) -> None:
    touch(*(tmp_path / name for name in ("1.jpg", "2.png", "x/3.jpg", "x/4.txt", ".5.jpg")))
    assert names(tmp_path, f"{tmp_path}/*.jpg") == ["1.jpg"]
    assert names(tmp_path, f"{tmp_path}/**/*.jpg") == ["1.jpg", "x/3.jpg"]
    assert names(tmp_path, f"{tmp_path}/*") == ["1.jpg", "2.png", "x/3.jpg", "x/4.txt"]


def test_a_name_that_looks_like_a_pattern_is_a_name_first(tmp_path: Path) -> None:
    touch(tmp_path / "trip [2020]" / "a.jpg")
    assert names(tmp_path, f"{tmp_path}/trip [2020]") == ["trip [2020]/a.jpg"]


def test_relative_sources_become_absolute_and_repeats_count_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "p" / "a.jpg", tmp_path / "p" / "b.jpg")
    monkeypatch.chdir(tmp_path)
    assert names(tmp_path, "p/b.jpg", "p", f"{tmp_path}/p/../p/a.jpg", "./p/*.jpg") == ["p/b.jpg", "p/a.jpg"]


@pytest.mark.parametrize("source", ["missing", "missing/*.jpg", "http://host/a.jpg", "empty"])
def test_what_does_not_exist_is_named(source: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    given = source if "://" in source else str(tmp_path / source)
    with pytest.raises(ListingError, match=source.split("*", maxsplit=1)[0]):
        list_sources([given])


def test_a_name_that_is_no_unicode_can_be_read(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    Path(os.fsdecode(raw)).write_bytes(b"content")
    (item,) = list_sources([str(tmp_path)])
    item.uri.encode("utf-8")
    assert read_bytes(item.uri) == b"content"


CSV = """uri,licence,note,author,before,group
sub/a.jpg,CC0,x,Ada,raw/a.dng,
/abs/b.jpg,,y,"Grace, Hopper",,g1
s3://bucket/c.jpg,CC BY,z,,s3://bucket/c.dng,g1
sub/a.jpg,CC0,other note,,,
"""


def test_csv_list(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("\ufeff" + CSV, encoding="utf-8")
    found = [item.model_dump() for item in list_sources([str(path)], allowed=["/abs"])]
    assert found == [
        {
            "uri": f"{tmp_path}/sub/a.jpg",
            "licence": "CC0",
            "author": "Ada",
            "group": None,
            "before": f"{tmp_path}/raw/a.dng",
        },
        {"uri": "/abs/b.jpg", "licence": None, "author": "Grace, Hopper", "group": "g1", "before": None},
        {"uri": "s3://bucket/c.jpg", "licence": "CC BY", "author": None, "group": "g1", "before": "s3://bucket/c.dng"},
    ]


def test_a_before_that_a_first_mention_lacks_is_not_lost_in_silence(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "list.csv").write_text("uri,before\na.png,b.png\n")
    photo, pairs = str(tmp_path / "a.png"), str(tmp_path / "list.csv")
    assert [item.before for item in list_sources([pairs, photo, pairs])] == [str(tmp_path / "b.png")]
    with pytest.raises(ListingError, match=r"a\.png is listed with before None and again with .*b\.png"):
        list_sources([photo, pairs])


@pytest.mark.parametrize("column", ["group", "licence", "author"])
def test_what_is_said_twice_of_one_file_must_agree(tmp_path: Path, column: str) -> None:
    (tmp_path / "list.csv").write_text(f"uri,{column}\na.png,one\nb.png,two\na.png,two\n")
    with pytest.raises(ListingError, match=rf"/a\.png is listed with {column} one and again with two"):
        list_sources([str(tmp_path / "list.csv")])


@pytest.mark.parametrize(
    "uri", ["/etc/shadow", "../secret.png", "a/../../b.png", "file:///etc/shadow", "file:///etc/sh%61dow"]
)
@pytest.mark.parametrize("column", ["uri", "before"])
def test_lists_may_name_files_of_their_own_folder_alone(tmp_path: Path, uri: str, column: str) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    named = {"uri": "a.png", "before": "b.png"} | {column: uri}
    (folder / "list.csv").write_text(f"uri,before\n{named['uri']},{named['before']}\n")
    with pytest.raises(ListingError, match=r"in row 1, outside of the list's folder.*allowed_paths="):
        list_sources([str(folder / "list.csv")])
    assert len(list_sources([str(folder / "list.csv")], allowed=["/etc", str(tmp_path)])) == 1


def test_what_the_message_says_to_allow_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("uri\nfile:///else%20where/a.png\n")
    with pytest.raises(ListingError, match=r'allowed_paths=\["/else where"\]'):
        list_sources([str(tmp_path / "list.csv")])
    assert len(list_sources([str(tmp_path / "list.csv")], allowed=["/else where"])) == 1


def test_an_allowed_folder_allows_no_other_of_a_longer_name(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("uri\n/data2/a.png\n")
    with pytest.raises(ListingError, match="outside of the list's folder"):
        list_sources([str(tmp_path / "list.csv")], allowed=["/data"])


def test_parquet_list(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"uri": ["a.jpg", "b.jpg"], "group": [1, 2], "score": [0.5, 0.7]}), path)
    assert [(item.uri, item.group) for item in list_sources([str(path)])] == [
        (f"{tmp_path}/a.jpg", "1"),
        (f"{tmp_path}/b.jpg", "2"),
    ]


def test_empty_texts_of_a_parquet_list_are_none(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"uri": ["a.jpg"], "group": [""], "before": [""], "author": [""]}), path)
    (item,) = list_sources([str(path)])
    assert (item.group, item.before, item.author) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,licence\na,b\n", "no column 'uri'"),
        ("uri,licence\na,b\n,c\n", "row 2"),
        ("uri\na,b,c\n", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_improper_lists_are_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(ListingError, match=rf"list\.csv.*{message}"):
        list_sources([str(tmp_path / "list.csv")])


def test_s3_prefix_and_list(s3_bucket: str) -> None:
    client = boto3.client("s3")
    for key in ("p/b.jpg", "p/a/1.jpg", "p/.h.jpg", "p/folder/", "pq.jpg", "other.jpg", "p/.git/x"):
        client.put_object(Bucket=s3_bucket, Key=key, Body=b"x")
    client.put_object(Bucket=s3_bucket, Key="lists/l.csv", Body=b"uri,before\na.jpg,b.jpg\n")

    def keys(source: str) -> list[str]:
        return [item.uri.removeprefix(f"s3://{s3_bucket}/") for item in list_sources([source])]

    assert keys(f"s3://{s3_bucket}/p") == ["p/a/1.jpg", "p/b.jpg"]
    assert keys(f"s3://{s3_bucket}/p/") == ["p/a/1.jpg", "p/b.jpg"]
    assert keys(f"s3://{s3_bucket}/other.jpg") == ["other.jpg"]
    (item,) = list_sources([f"s3://{s3_bucket}/lists/l.csv"])
    assert (item.uri, item.before) == (f"s3://{s3_bucket}/lists/a.jpg", f"s3://{s3_bucket}/lists/b.jpg")
    with pytest.raises(ListingError, match="nothing-here"):
        list_sources([f"s3://{s3_bucket}/nothing-here"])


def test_a_list_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("uri,licence,licence\na.jpg,CC0,CC0\n")
    with pytest.raises(ListingError, match='"licence" exists 2 times'):
        list_sources([str(path)])


def test_a_list_of_text_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    text = pa.StringArray.from_buffers(1, pa.array([0, 1], pa.int32()).buffers()[1], pa.py_buffer(b"\x80"))
    pq.write_table(pa.table({"uri": text}), path)
    with pytest.raises(ListingError, match=r"cannot be read: .*UTF"):
        list_sources([str(path)])
