"""The pictures of one source, as its scorers get them."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from pipeline.images.codec import decode
from pipeline.pairs.make import make_pairs
from pipeline.recipes.provider import RecipeProvider
from pipeline.shards.plan import plan_shards, read_shard_plan, write_plan
from pipeline.sources.catalogue import settle
from pipeline.sources.inspect import inspect
from pipeline.sources.table import source_table
from pipeline.storage.store import open_store
from quality.scorers.scorer import Compared, Scores
from schemas.config import DatasetConfig
from schemas.source import SourceItem


class Recorder:
    """A scorer that keeps what it is given."""

    def __init__(self) -> None:
        self.calls: list[tuple[Sequence[Tensor], Sequence[Compared]]] = []

    def score(self, pictures: Sequence[Tensor], pairs: Sequence[Compared]) -> list[Scores]:
        self.calls.append((pictures, pairs))
        return [{"psnr": float(i)} for i in range(len(pairs))]


def test_each_picture_of_a_source_is_scored_once_whatever_pairs_it_is_in(photo_folder: Path, tmp_path: Path) -> None:
    uri = str(photo_folder / "coffee.png")
    config = DatasetConfig.model_validate(
        {
            "sources": [uri],
            "seed": 4,
            "pairs_per_source": 8,
            "image": {"long_side": 160, "min_short_side": 64},
            "recipes": {"draws": {"expert": 0.5, "symmetric": 0.5}},
            "scores": {"metrics": ["psnr"]},
        }
    )
    store = open_store(str(tmp_path))
    [shard] = plan_shards(
        settle(source_table([inspect(SourceItem(uri=uri), 0, config.image).record]), config.shards.splits), config
    )
    write_plan(store, [shard], config)
    recorder = Recorder()
    pairs = make_pairs(read_shard_plan(store, 0), config, RecipeProvider(config), [recorder])
    assert {pair.row.origin for pair in pairs} == {"unrendered", "rendered"}

    [(pictures, compared)] = recorder.calls
    seen = [hashlib.sha256(picture.contiguous().numpy()).hexdigest() for picture in pictures]
    assert len(set(seen)) == len(seen) == 1 + len(pairs)  # the photo is one, and each pair makes one more
    by_value = {pair.row.scores["psnr"]: pair for pair in pairs if pair.row.scores}
    assert len(by_value) == len(pairs)
    for i, one in enumerate(compared):
        pair = by_value[float(i)]
        assert pair.row.words is not None and pair.row.words.instruction == one.instruction
        for data, place in ((pair.input, one.input), (pair.target, one.target)):
            assert data is not None and decode(data, "jpeg").equal(pictures[place])
