"""Verification compares the offsets of samples with the tar."""

import hashlib
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.audit.verify import verify
from pipeline.dataset.record import load_record
from pipeline.storage.store import open_store


def problems(root: Path) -> list[str]:
    store = open_store(str(root))
    return verify(store, load_record(store), sample=0, workers=1).problems


def test_offsets(pairs_dataset: str, tmp_path: Path) -> None:
    out = tmp_path / "set"
    shutil.copytree(pairs_dataset, out)
    assert problems(out) == []
    offsets, commit = out / "offsets" / "000000.parquet", out / "commits" / "000000.json"
    table = pq.read_table(offsets)
    pq.write_table(table.slice(1), offsets)
    assert problems(out) == ["offsets/000000.parquet is not the file that was committed"]
    record = json.loads(commit.read_text())
    sha256 = hashlib.sha256(offsets.read_bytes()).hexdigest()
    record["offsets"] = {"name": "offsets/000000.parquet", "bytes": offsets.stat().st_size, "sha256": sha256}
    commit.write_text(json.dumps(record))
    assert problems(out) == ["offsets/000000.parquet does not say where the tar's samples lie"]
