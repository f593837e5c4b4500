"""Damaged data sets: whoever reads one gets what was stored, or an error that names what is wrong.

Damage may be consistent: a commit record then vouches for the damaged files, as that of an attacker would.
"""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audit.release.release import DEFAULT_THRESHOLDS, release, thresholds_file
from pipeline.audit.verify import verify
from pipeline.config import read_config
from pipeline.dataset.reader import find_row, read_pictures
from pipeline.dataset.record import NoDataSetError, load_record, progress_of
from pipeline.dataset.selected import Selected, _opened
from pipeline.export.export import export_pairs
from pipeline.export.streaming import shard_urls
from pipeline.storage.damage import DamagedError
from pipeline.storage.store import open_store
from schemas.errors import UnretouchError
from schemas.jobs.release import Thresholds
from tests.fuzz.mutations import damaged
from tests.fuzz.values import altered, altered_table
from tests.pools import Here

NAMES = [
    *("dataset.json", "commits/000000.json", "plan/000000.parquet"),
    *("shards/000000.tar", "offsets/000000.parquet", "manifest/000000.parquet"),
]
PARTS = {"tar": "shards/000000.tar", "offsets": "offsets/000000.parquet", "manifest": "manifest/000000.parquet"}

EVIL = ("../x", "/etc/passwd", "a/../../x", "", ".", "k" * 300, "\0", "shards/000001.tar")


@pytest.fixture(scope="module")
def root(pairs_dataset: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of a data set to be damaged."""
    copy = tmp_path_factory.mktemp("damaged") / "dataset"
    shutil.copytree(pairs_dataset, copy)
    with pytest.MonkeyPatch.context() as patch:
        for module in ("pipeline.audit.verify", "pipeline.audit.release.release"):
            patch.setattr(f"{module}.ProcessPoolExecutor", Here)
        yield copy


@pytest.fixture(scope="module")
def key(pairs_dataset: str) -> str:
    """An accepted pair of the first shard."""
    return str(pq.read_table(f"{pairs_dataset}/offsets/000000.parquet")["key"][0])


def vouch(root: Path) -> None:
    """Have the commit record name the files as they are."""
    path = root / "commits" / "000000.json"
    record = json.loads(path.read_bytes())
    for part, name in PARTS.items():
        data = (root / name).read_bytes()
        record[part] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    path.write_text(json.dumps(record))


def read(root: Path, key: str) -> None:
    """Use a data set by every door."""
    for door in (_verify, _show, _status, _urls, _samples):
        _opened.cache_clear()
        try:
            door(root, key)
        except (UnretouchError, FileNotFoundError):
            continue


def _verify(root: Path, key: str) -> None:
    store = open_store(str(root))
    verify(store, load_record(store), sample=0, workers=1)


def _show(root: Path, key: str) -> None:
    store = open_store(str(root))
    record = load_record(store)
    read_pictures(store, find_row(store, key), record.config.image.format)


def _status(root: Path, key: str) -> None:
    store = open_store(str(root))
    progress_of(store, load_record(store))


def _urls(root: Path, key: str) -> None:
    assert all(str(root / "shards") in url for url in shard_urls(str(root)))


def _samples(root: Path, key: str) -> None:
    found = Selected(str(root), columns=["width"])
    for number in range(len(found)):
        found.members(number, ["input", "json"])


def damage(root: Path, pairs_dataset: str, contents: dict[str, bytes], honest: bool) -> None:
    """Put files in the place of those that the last example left."""
    for name in NAMES:
        (root / name).write_bytes(contents.get(name) or (Path(pairs_dataset) / name).read_bytes())
    if not honest:
        vouch(root)


@given(name=st.sampled_from(NAMES), number=st.integers(0, 2**32), honest=st.booleans())
def test_damaged_files(root: Path, key: str, pairs_dataset: str, name: str, number: int, honest: bool) -> None:
    data = damaged([(Path(pairs_dataset) / name).read_bytes()], number)
    damage(root, pairs_dataset, {name: data}, honest or name.startswith("commits"))
    read(root, key)


@given(name=st.sampled_from(NAMES[:2]), data=st.data())
def test_records_of_other_values(root: Path, key: str, pairs_dataset: str, name: str, data: st.DataObject) -> None:
    record = json.loads((Path(pairs_dataset) / name).read_bytes())
    changed = data.draw(st.composite(lambda draw: altered(draw, record))())
    damage(root, pairs_dataset, {name: json.dumps(changed).encode()}, honest=True)
    read(root, key)


@given(part=st.sampled_from(list(PARTS)), evil=st.sampled_from(EVIL))
def test_records_that_name_other_files(root: Path, key: str, pairs_dataset: str, part: str, evil: str) -> None:
    name = "commits/000000.json"
    record = json.loads((Path(pairs_dataset) / name).read_bytes())
    record[part]["name"] = evil
    damage(root, pairs_dataset, {name: json.dumps(record).encode()}, honest=True)
    with pytest.raises(NoDataSetError, match="is no record that this version of unretouch reads"):
        _verify(root, key)


@given(name=st.sampled_from([name for name in NAMES if name.endswith("parquet")]), data=st.data())
def test_tables_of_other_columns(root: Path, key: str, pairs_dataset: str, name: str, data: st.DataObject) -> None:
    table = pq.read_table(Path(pairs_dataset) / name, partitioning=None)
    file = io.BytesIO()
    pq.write_table(data.draw(st.composite(lambda draw: altered_table(draw, table))()), file)
    damage(root, pairs_dataset, {name: file.getvalue()}, honest=False)
    read(root, key)


@given(data=st.data())
def test_offsets_elsewhere(root: Path, key: str, pairs_dataset: str, data: st.DataObject) -> None:
    name = "offsets/000000.parquet"
    table = pq.read_table(Path(pairs_dataset) / name, partitioning=None)
    column = data.draw(st.sampled_from(table.column_names[1:]))
    values = [data.draw(st.sampled_from([0, -1, -(2**62), 2**40, 2**62])) for _ in range(len(table))]
    file = io.BytesIO()
    at = table.column_names.index(column)
    pq.write_table(table.set_column(at, column, pa.array(values)), file)
    damage(root, pairs_dataset, {name: file.getvalue()}, honest=False)
    read(root, key)


@pytest.mark.parametrize("name", ["shards/000000.tar", "manifest/000000.parquet"])
@settings(max_examples=12)  # each judges pictures of the other shards too
@given(data=st.data())
def test_audits_end_or_name_what_is_damaged(root: Path, pairs_dataset: str, name: str, data: st.DataObject) -> None:
    sound = (Path(pairs_dataset) / name).read_bytes()
    if name.endswith("parquet") and data.draw(st.booleans()):
        file, table = io.BytesIO(), pq.read_table(io.BytesIO(sound))
        pq.write_table(data.draw(st.composite(lambda draw: altered_table(draw, table))()), file)
        changed = file.getvalue()
    else:
        changed = damaged([sound], data.draw(st.integers(0, 10_000)))
    damage(root, pairs_dataset, {name: changed}, honest=False)
    store, thresholds = open_store(str(root)), read_config(DEFAULT_THRESHOLDS, Thresholds)
    with suppress(UnretouchError, FileNotFoundError):
        release(store, load_record(store), thresholds, thresholds_file("ours", b"", thresholds), workers=1, sample=1)


@pytest.mark.parametrize("column", ["key", "split"])
def test_no_export_leaves_its_folder(root: Path, pairs_dataset: str, tmp_path: Path, column: str) -> None:
    """Names of exported files come from keys and splits."""
    damage(root, pairs_dataset, {}, honest=True)
    for folder in ("offsets", "manifest"):
        path = root / folder / "000000.parquet"
        table = pq.read_table(path, partitioning=None)
        if column in table.column_names:
            at = table.column_names.index(column)
            pq.write_table(table.set_column(at, column, pa.array(["../../evil"] * len(table))), path)
    vouch(root)
    with pytest.raises(DamagedError):
        export_pairs(str(root), "folders", tmp_path / "to" / "export")
    assert not list(tmp_path.glob("evil*"))


@given(data=st.data())
def test_hostile_tars(root: Path, key: str, pairs_dataset: str, data: st.DataObject) -> None:
    name = PARTS["tar"]
    file = io.BytesIO()
    with tarfile.open(Path(pairs_dataset) / name) as old, tarfile.open(fileobj=file, mode="w") as new:
        for info in old:
            content = old.extractfile(info).read()  # type: ignore[union-attr]
            match data.draw(st.sampled_from(["keep", "keep", "keep", "name", "type", "size", "twice", "drop"])):
                case "name":
                    info.name = data.draw(st.sampled_from([evil.replace("\0", "z") or "x" for evil in EVIL]))
                case "type":
                    kinds = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
                    info.type = data.draw(st.sampled_from(kinds))
                    info.linkname = data.draw(st.sampled_from(["/etc/passwd", "../../x", info.name, key]))
                    info.size, content = 0, b""
                case "size":
                    new.fileobj.write(content[:512])  # type: ignore[union-attr]
                    info.size = data.draw(st.sampled_from([0, 2**33, 2**40]))
                    new.fileobj.write(info.tobuf(tarfile.GNU_FORMAT))  # type: ignore[union-attr]
                    continue
                case "twice":
                    new.addfile(info, io.BytesIO(content))
                case "drop":
                    continue
            new.addfile(info, io.BytesIO(content))
    damage(root, pairs_dataset, {name: file.getvalue()}, honest=False)
    read(root, key)
