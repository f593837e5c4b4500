"""Damaged lists of sources: they are read, or refused by their name."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.listing import list_sources
from schemas.source import ListingError
from tests.fuzz.mutations import damaged
from tests.fuzz.values import altered_table

TABLE = pa.table(
    {
        "uri": ["a.jpg", "folder/b.jpg", "s3://bucket/c.jpg", "d.jpg"],
        "licence": ["CC-BY-4.0", None, "CC0", ""],
        "before": ["a.nef", None, "", "d.nef"],
        "group": ["one", "one", None, ""],
    }
)
CSV = [
    b'uri,licence,before\na.jpg,CC0,a.nef\n"b,c.jpg",,\n',
    "\ufeffuri;group\nä.jpg;1\n".encode(),
    b'uri\r\n"a\nb.jpg"\r\n',
]


def _parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


PARQUET = [_parquet(TABLE), _parquet(TABLE.select(["uri"]))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where lists are written."""
    return tmp_path_factory.mktemp("lists")


def read(path: Path, data: bytes) -> None:
    """Read a list of these bytes."""
    path.write_bytes(data)
    try:
        items = list_sources([str(path)])
    except ListingError as error:
        assert str(path) in str(error) or "is listed with" in str(error)
    else:
        assert all(item.uri for item in items)


@given(number=st.integers(0, 2**32))
def test_damaged_csv(folder: Path, number: int) -> None:
    read(folder / "list.csv", damaged(CSV, number))


@given(number=st.integers(0, 2**32))
def test_damaged_parquet(folder: Path, number: int) -> None:
    read(folder / "list.parquet", damaged(PARQUET, number))


@given(data=st.data())
def test_parquet_of_other_columns(folder: Path, data: st.DataObject) -> None:
    table = data.draw(st.composite(lambda draw: altered_table(draw, TABLE))())
    read(folder / "list.parquet", _parquet(table))
