"""Two runs on one OUT do not mix their data sets."""

import json
import shutil
from pathlib import Path
from unittest.mock import Mock

import pytest
from rich.console import Console

from pipeline.dataset.record import load_record
from pipeline.jobs.planning import DatasetMismatchError, plan, survey
from pipeline.jobs.run import run
from pipeline.shards.commit import ForeignCommitError
from pipeline.shards.shard import make_shard
from pipeline.storage.store import open_store
from schemas.jobs.run import RunConfig
from tests.contents import contents

pytestmark = pytest.mark.ray

CONSOLE = Console(stderr=True)


def test_shards_of_another_data_set_are_refused(tiny_dataset: RunConfig, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(tiny_dataset.out, out)
    path = out / "commits" / "000001.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "fingerprint": "of another seed"}))
    (out / "commits" / "000000.json").unlink()
    before = contents(str(out))
    with pytest.raises(ForeignCommitError, match=r"000001\.json was written for another data set"):
        run(tiny_dataset.model_copy(update={"out": str(out)}), CONSOLE)
    assert contents(str(out)) == before
    store, record = open_store(str(out)), load_record(open_store(str(out)))
    with pytest.raises(ForeignCommitError, match=r"000001\.json"):
        make_shard(store, 1, record.config, record.fingerprint, Mock(), [], Mock())
    assert contents(str(out)) == before


def test_a_plan_of_another_run_is_not_replaced(
    tiny_dataset: RunConfig, tiny_values: dict[str, object], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    config = RunConfig.model_validate({**tiny_values, "out": str(out), "seed": 6})
    store = open_store(str(out))
    found = survey(store, config.dataset())
    shutil.copytree(tiny_dataset.out, out)  # another run was faster
    before = contents(str(out))
    with pytest.raises(DatasetMismatchError, match="another run has planned"):
        plan(config, found, CONSOLE)
    assert contents(str(out)) == before


def test_sources_may_be_spelt_in_another_way(
    tiny_dataset: RunConfig, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photo_folder.parent)
    before = contents(tiny_dataset.out)
    run(tiny_dataset.model_copy(update={"sources": [photo_folder.name]}), CONSOLE)
    assert contents(tiny_dataset.out) == before
