"""`webdataset`, `datasets` in streaming mode and our reader find the same samples."""

import json
from pathlib import Path

import pytest

from pipeline.training.reader import PairDataset
from pipeline.training.samples import PairSample


def test_three_readers_agree(pairs_dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets
    import webdataset as wds

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    tars = sorted(str(path) for path in (Path(pairs_dataset) / "shards").glob("*.tar"))
    streamed = datasets.load_dataset("webdataset", data_files=tars, split="train", streaming=True)
    pairs = PairDataset(pairs_dataset)
    samples = list(wds.WebDataset(tars, shardshuffle=False))
    rows = list(streamed)
    assert len(pairs) == len(samples) == len(rows)
    for i, (sample, row) in enumerate(zip(samples, rows, strict=True)):
        ours = pairs[i]
        assert isinstance(ours, PairSample)
        assert ours.labels.key == sample["__key__"] == row["__key__"]
        assert json.loads(sample["json"])["words"] == row["json"]["words"]
        assert row["json"]["words"]["prompt"] == ours.labels.prompt
        assert row["target.jpg"].size == (ours.target.shape[2], ours.target.shape[1])
