"""What a data set says decides names of files: nothing is written outside of the folder of an export."""

import json
from pathlib import Path

import pytest

from pipeline.dataset.selected import Selected
from pipeline.export.export import export_pairs
from pipeline.storage.damage import DamagedError


def test_photos_are_named_by_hashes_alone(pairs_dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = Selected.members

    def hostile(self: Selected, index: int, parts: tuple[str, ...]) -> list[memoryview]:
        before, after, row = members(self, index, parts)
        changed = json.loads(bytes(row)) | {"source_sha256": "../../../evil"}
        return [before, after, memoryview(json.dumps(changed).encode())]

    monkeypatch.setattr(Selected, "members", hostile)
    with pytest.raises(DamagedError, match="its json names no source"):
        export_pairs(pairs_dataset, "recipes", tmp_path / "to" / "export")
    assert not list(tmp_path.glob("evil*"))
