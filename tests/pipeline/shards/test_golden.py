"""The small data set holds what it held when its golden file was written.

Draws, words and decisions are compared exactly, measures nearly. A change that moves them on purpose writes the file
again, with `UPDATE_GOLDEN=1 pytest THIS_FILE`, and says so in the changelog.
"""

import json
import os
from pathlib import Path

import pytest

from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import commits
from pipeline.storage.store import open_store
from schemas.jobs.run import RunConfig
from schemas.manifest import ManifestRow

GOLDEN = Path(__file__).with_name("golden.json")


def exact(row: ManifestRow) -> dict[str, object]:
    """What no platform may change."""
    assert row.recipe is not None
    assert row.words is not None
    return {
        "key": row.key,
        "split": row.split,
        "seed": row.seed,
        "task": row.task,
        "origin": row.origin,
        "status": row.status,
        "reasons": row.reasons,
        "size": [row.width, row.height],
        "recipe": {name: value for name, value in row.recipe.values.items() if value},
        "instruction": row.words.instruction,
        "answer": row.words.answer,
    }


def test_the_small_data_set_is_what_it_was(tiny_dataset: RunConfig) -> None:
    store = open_store(tiny_dataset.out)
    rows = [row for commit in commits(store) for row in shard_rows(store, commit)]
    found = [{**exact(row), "measures": row.measures and row.measures.model_dump()} for row in rows]
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n")
    expected = json.loads(GOLDEN.read_text())
    assert [{**row, "measures": None} for row in found] == [{**row, "measures": None} for row in expected]
    for row, golden in zip(found, expected, strict=True):
        assert row["measures"] == pytest.approx(golden["measures"], rel=2e-3, abs=2e-3), row["key"]
