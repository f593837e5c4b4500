"""Rows of Hugging Face data sets, addressed as `hf://DATASET[:NAME]/SPLIT/COLUMN/ROW`, each part percent-encoded.

DATASET is a name on the hub or a local folder: one of pictures or Parquet files, or one that `save_to_disk` wrote.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import datasets
from datasets.exceptions import DatasetsError

from schemas.config import DatasetSource
from schemas.source import FetchError, ListingError, SourceError


def row_uris(source: DatasetSource) -> list[str]:
    """Addresses of all rows, in order.

    Raises:
        ListingError: the data set, its split or its image column does not exist.
    """
    try:
        count = len(_load(source))
    except (OSError, ValueError, DatasetsError) as error:
        raise ListingError(f"source: Hugging Face data set {source.dataset!r}: {error}") from error
    name = f":{quote(source.name, safe='')}" if source.name else ""
    dataset = quote(source.dataset, safe="/")
    base = f"hf://{dataset}{name}/{quote(source.split, safe='')}/{quote(source.column, safe='')}"
    return [f"{base}/{row}" for row in range(count)]


def read_row(uri: str) -> bytes | Path:
    """The picture of a row as its undecoded bytes, or the local path of its file.

    Raises:
        SourceError: `unreadable`.
        FetchError: the data set cannot be read now.
    """
    try:
        location, split, column, row = uri.removeprefix("hf://").rsplit("/", 3)
        dataset, _, name = location.partition(":")
        source = DatasetSource(
            dataset=unquote(dataset), name=unquote(name) or None, split=unquote(split), column=unquote(column)
        )
        image = _load(source)[int(row)][source.column]
    except OSError as error:
        raise FetchError(uri, str(error)) from error
    except (ValueError, IndexError, DatasetsError) as error:
        raise SourceError("unreadable", f"no such row: {error}") from error
    if image is None or (image["bytes"] is None and image["path"] is None):
        raise SourceError("unreadable", "the row holds no picture")
    return Path(image["path"]) if image["bytes"] is None else image["bytes"]


@lru_cache(maxsize=4)
def _load(source: DatasetSource) -> Any:
    """The data set's image column, not decoded."""
    folder = Path(source.dataset)
    if (folder / "dataset_dict.json").is_file():
        splits = datasets.load_from_disk(folder)
        if source.split not in splits:
            raise ValueError(f"there is no split {source.split!r}; its splits are {list(splits)}")
        table = splits[source.split]
    elif (folder / "state.json").is_file():
        table = datasets.load_from_disk(folder)
    else:
        table = datasets.load_dataset(source.dataset, source.name, split=source.split)
    images = [name for name, kind in table.features.items() if isinstance(kind, datasets.Image)]
    if source.column not in images:
        raise ValueError(f"there is no image column {source.column!r}; its image columns are {images}")
    return table.select_columns([source.column]).cast_column(source.column, datasets.Image(decode=False))
