"""The sources behind a release: their licences, whom to name, and which of them look alike across splits."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TypeVar
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.audit.hashes import hashed
from pipeline.audit.release.licences import licence_of
from pipeline.audit.release.survey import Hashes
from pipeline.sources.near_duplicates import find_near_duplicates
from pipeline.sources.table import read_sources
from pipeline.storage.damage import reading
from pipeline.storage.store import Store

Name = TypeVar("Name", str, int)

_COLUMNS = ("uri", "licence", "author", "group", "sha256", "phash", "split")


def released_sources(store: Store, released: Hashes) -> pa.Table:
    """The sources of a release, in listing order: the columns that the audit reads, perceptual hashes as uint64.

    Args:
        store: the data set's store.
        released: hashes of the SHA-256 of the sources that have a pair in the release.

    Raises:
        DamagedError: a table of sources cannot be read.
    """
    tables = []
    for name in store.names("sources"):
        with reading(f"{store.root}/{name}"):
            table = read_sources(store, name)
            used = table.filter(pc.is_null(table["reason"])).select(_COLUMNS)
            found = np.isin(hashed(used["sha256"].fill_null("").to_pylist()), released)
            tables.append(_with_numbers(used.filter(pa.array(found))))
    return pa.concat_tables(tables).combine_chunks()


def _with_numbers(sources: pa.Table) -> pa.Table:
    """The same with perceptual hashes as numbers, uint64."""
    numbers = pa.array([int(text or "0", 16) for text in sources["phash"].to_pylist()], pa.uint64())
    return sources.set_column(_COLUMNS.index("phash"), "phash", numbers)


def shown(uri: str) -> str:
    """How a report names a source: by the last part of its address, never by a folder of this machine.

    A row of a Hugging Face data set is named by its data set too.
    """
    if not uri.startswith("hf://"):
        return PurePosixPath(uri).name
    location, *row = uri.removeprefix("hf://").rsplit("/", 3)
    dataset = unquote(location)
    return "/".join([PurePosixPath(dataset).name if dataset.startswith(("/", ".", "~")) else dataset, *row])


def licences(sources: pa.Table) -> Counter[str]:
    """How many sources each licence has; "" is none."""
    return Counter((text or "").strip() for text in sources["licence"].to_pylist())


def without_licence(sources: pa.Table) -> list[str]:
    """The sources that state no licence, as a report names them."""
    stated = zip(sources["uri"].to_pylist(), sources["licence"].to_pylist(), strict=True)
    return [shown(uri) for uri, licence in stated if not (licence or "").strip()]


def groups_across(sources: pa.Table) -> list[str]:
    """Groups that have sources in two splits."""
    grouped = sources.filter(pc.is_valid(sources["group"]))
    return sorted(set(_across(grouped["group"].to_pylist(), grouped["split"].to_pylist())))


def look_alikes_across(sources: pa.Table) -> list[str]:
    """Sources that look like one in another split: those that are grouped with one under the same leader."""
    leaders: NDArray[np.int64] = find_near_duplicates(sources["phash"].to_numpy())
    across = set(_across(leaders.tolist(), sources["split"].to_pylist()))
    uris = sources["uri"].to_pylist()
    return [shown(uri) for uri, leader in zip(uris, leaders.tolist(), strict=True) if leader in across]


def attribution(sources: pa.Table) -> Iterator[str]:
    """The attribution list in Markdown, line by line: sources licence by licence, in listing order."""
    yield "# Attribution\n\nThe pairs of this data set are edited copies of these pictures. The first column is the\n"
    yield "beginning of the SHA-256 of the file, with which the keys of its pairs begin.\n"
    rows = sources.select(["sha256", "uri", "author", "licence"]).to_pylist()
    names = {text: _licence_name(text) for text in {row["licence"] for row in rows}}
    for name in sorted(set(names.values())):
        yield f"\n## {_plain(name)}\n\n| key | picture | author | licence as stated |\n|---|---|---|---|\n"
        for row in rows:
            if names[row["licence"]] == name:
                cells = (row["sha256"][:16], shown(row["uri"]), row["author"] or "not stated", row["licence"] or "none")
                yield f"| {' | '.join(map(_plain, cells))} |\n"


def _licence_name(text: str | None) -> str:
    if not (text or "").strip():
        return "No licence stated"
    licence = licence_of(text)
    if licence is None:
        return "Other licences"
    return f"{licence.name} (the author must be named)" if licence.attribution else licence.name


def _plain(text: str) -> str:
    """A text that Markdown takes for nothing else."""
    return re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", " ".join(text.split()))


def _across(names: Iterable[Name], splits: Iterable[str]) -> Iterator[Name]:
    """The names that stand beside two splits."""
    first: dict[Name, str] = {}
    for name, split in zip(names, splits, strict=True):
        if first.setdefault(name, split) != split:
            yield name
