"""Expands the `sources` of a config to one flat list, in an order that depends only on the files that exist."""

import glob
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from botocore.exceptions import BotoCoreError, ClientError

from pipeline.storage.fetch import read_bytes
from pipeline.storage.s3 import s3_client
from schemas.config import DatasetSource
from schemas.source import ListingError, SourceError, SourceItem

ANYWHERE = ("/",)
"""Lets lists name any file of this machine: for lists whose pictures are looked at, but not published."""

_LISTS = (".csv", ".parquet")
_COLUMNS = tuple(SourceItem.model_fields)
_SAID_ONCE = ("before", "group", "licence", "author")
_BATCH = 4096


def list_sources(sources: Sequence[str | DatasetSource], allowed: Sequence[str] = ()) -> list[SourceItem]:
    """List every source once, at its first appearance.

    A folder or an s3://bucket/prefix lists all files below it, sorted by path; names that start with a dot are skipped.
    A pattern (`*`, `**`, `?`, `[...]`) lists the paths that match it, sorted. A CSV or Parquet list names sources in
    its column `uri`, relative to the list, and may have the columns `licence`, `author`, `group` and `before`. Listing
    reads no picture: inspection rejects files that are not pictures, with a reason.

    Local uris are absolute paths, so that every worker finds the files.

    Args:
        sources: the `sources` of a config.
        allowed: folders on this machine from which lists may name files, beside the folder that a list lies in. Lists
            are often somebody else's, and what they name is read and published.

    Raises:
        ListingError: a source does not exist, holds no file, is not a valid list, is listed with two originals, groups,
            licences or authors, or is a file that a list may not name.
    """
    roots = tuple(os.path.abspath(Path(folder).expanduser()) for folder in allowed)  # noqa: PTH100  makes ".." go too
    items: dict[str, SourceItem] = {}
    for source in sources:
        try:
            found = list(_expand(source, roots))
        except (OSError, BotoCoreError, ClientError) as error:
            raise ListingError(f"source {source!r} cannot be listed: {error}") from error
        if not found:
            raise ListingError(f"source {source!r} holds no file")
        for item in found:
            first = items.setdefault(item.uri, item)
            for column in _SAID_ONCE:
                one, other = getattr(first, column), getattr(item, column)
                if other not in (None, one):
                    raise ListingError(f"{item.uri} is listed with {column} {one} and again with {other}")
    return list(items.values())


def _expand(source: str | DatasetSource, roots: Sequence[str]) -> Iterator[SourceItem]:
    if isinstance(source, DatasetSource):
        from pipeline.storage.hugging_face import row_uris  # noqa: PLC0415  loads slowly, and few runs need it

        return (SourceItem(uri=uri) for uri in row_uris(source))
    if "://" not in source:
        return _expand_local(Path(source).expanduser(), roots)
    if source.lower().endswith(_LISTS):
        return _read_list(source, roots)
    if source.startswith("s3://"):
        return _list_s3(source)
    if source.startswith(("file://", "hf://")):
        return iter([SourceItem(uri=source)])
    raise ListingError(f"source {source!r}: only paths and file://, s3:// and hf:// addresses can be listed")


def _expand_local(path: Path, roots: Sequence[str]) -> Iterator[SourceItem]:
    path = path.absolute()
    if path.exists():
        matches = [path]
    elif glob.has_magic(str(path)):
        matches = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207  Path.glob matches hidden files
        if not matches:
            raise ListingError(f"source {str(path)!r}: nothing matches this pattern")
    else:
        raise ListingError(f"source {str(path)!r} does not exist")
    for match in matches:
        if match.is_dir():
            yield from (SourceItem(uri=_uri(file)) for file in _files_below(match))
        elif match.suffix.lower() in _LISTS:
            yield from _read_list(str(match), roots)
        else:
            yield SourceItem(uri=_uri(match))


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder, sorted. Links to folders are not followed, because they could form a cycle."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _files_below(entry)
        else:
            yield entry


def _uri(path: Path) -> str:
    """The path as text, or a percent-encoded file:// address if it is not valid Unicode and no record could hold it."""
    text = os.path.normpath(path)
    return text if text.isprintable() else Path(text).as_uri()


def _list_s3(source: str) -> Iterator[SourceItem]:
    """Yield the object of this name and the objects below it, in the order of their keys."""
    bucket, _, prefix = source.removeprefix("s3://").partition("/")
    below = prefix if not prefix or prefix.endswith("/") else prefix + "/"
    pages = s3_client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for entry in page.get("Contents", []):
            key: str = entry["Key"]
            hidden = any(part.startswith(".") for part in PurePosixPath(key.removeprefix(below)).parts)
            if (key == prefix or key.startswith(below)) and not key.endswith("/") and not hidden:
                yield SourceItem(uri=f"s3://{bucket}/{key}")


def _read_list(uri: str, roots: Sequence[str]) -> Iterator[SourceItem]:
    try:
        data = read_bytes(uri)
        table = _read_csv(data) if uri.lower().endswith(".csv") else pq.read_table(io.BytesIO(data))
        known = table.select([name for name in _COLUMNS if name in table.column_names])
        known = known.cast(pa.schema([(name, pa.string()) for name in known.column_names]))
        known.validate(full=True)  # text of a Parquet file need not be UTF-8
    except (SourceError, pa.ArrowException, KeyError, UnicodeDecodeError) as error:  # KeyError: a column is there twice
        raise ListingError(f"source list {uri!r} cannot be read: {error}") from error
    if "uri" not in known.column_names:
        raise ListingError(f"source list {uri!r} has no column 'uri'; its columns are {table.column_names}")
    folder = uri.rpartition("/")[0]
    # Rows become Python objects in batches: the objects of a whole list take ten times the memory of the table.
    rows = (row for batch in known.to_batches(max_chunksize=_BATCH) for row in batch.to_pylist())
    for number, row in enumerate(rows, start=1):
        if not row["uri"]:
            raise ListingError(f"source list {uri!r} has no uri in row {number}")
        for name in ("uri", "before"):
            if row.get(name):
                row[name] = _resolve(folder, row[name])
                if not _may_name(folder, roots, row[name]):
                    raise ListingError(
                        f"source list {uri!r} names {row[name]} in row {number}, outside of the list's folder; "
                        f"if that is right, allow it: --set 'allowed_paths=[\"{Path(_path(row[name])).parent}\"]'"
                    )
        # Empty fields become null. Otherwise an empty group would be a group, and an empty original a file.
        yield SourceItem.model_validate({name: value or None for name, value in row.items()})


def _read_csv(data: bytes) -> pa.Table:
    """Parse a CSV table, with every column as text and empty fields as null."""
    header = pa.csv.open_csv(io.BytesIO(data), parse_options=_CSV).schema.names
    options = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    return pa.csv.read_csv(io.BytesIO(data), parse_options=_CSV, convert_options=options)


_CSV = pa.csv.ParseOptions(newlines_in_values=True)


def _resolve(folder: str, uri: str) -> str:
    """The absolute path or address of a `uri` that a list in `folder` gives."""
    if "://" in uri:
        return uri
    if "://" in folder:
        return f"{folder}/{uri}"
    return os.path.normpath(os.path.join(folder, uri))  # noqa: PTH118  a Path for each of 250,000 rows takes seconds


def _may_name(folder: str, roots: Sequence[str], uri: str) -> bool:
    """Whether a list in `folder` may name a file: an address of a store, or a path below the folder or a root."""
    path = _path(uri)
    return "://" in path or any(path.startswith(root.rstrip("/") + "/") for root in (folder, *roots))


def _path(uri: str) -> str:
    """The path of a file:// address; any other uri as it is."""
    return os.path.normpath(unquote(uri.removeprefix("file://"))) if uri.startswith("file://") else uri
