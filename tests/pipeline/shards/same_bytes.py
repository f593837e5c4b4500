"""Makes small data sets without Ray: `python same_bytes.py LIBRARY THREADS CONFIG...`.

LIBRARY is the folder of the C++ library to load, a CONFIG the JSON of a run's config.
"""

import sys
from functools import partial
from pathlib import Path

import torch

from operators.native import load_library
from pipeline.jobs.planning import write_planned
from pipeline.recipes.provider import recorded_recipes
from pipeline.recipes.styles import load_styles
from pipeline.shards.plan import plan_shards
from pipeline.shards.shard import make_shard
from pipeline.sources.catalogue import settle
from pipeline.sources.inspect import inspect
from pipeline.sources.listing import list_sources
from pipeline.sources.table import source_table
from pipeline.storage.store import open_store
from quality import compiled_metrics
from quality.scorers.build import task_scorers
from schemas.jobs.run import RunConfig


def make(config: RunConfig) -> None:
    """Plan and make every shard."""
    store, dataset = open_store(config.out), config.dataset()
    items = enumerate(list_sources(dataset.sources))
    sources = settle(source_table([inspect(item, i, dataset.image).record for i, item in items]), dataset.shards.splits)
    shards = plan_shards(sources, dataset)
    record = write_planned(store, dataset, sources, shards, load_styles(dataset))
    recipes, scorers = recorded_recipes(record), task_scorers(dataset.scores)
    for shard in range(len(shards)):
        make_shard(store, shard, dataset, record.fingerprint, recipes, scorers, lambda rows: None)


if __name__ == "__main__":
    from operators import kernels

    kernels.load_library = compiled_metrics.load_library = partial(load_library, Path(sys.argv[1]))
    torch.set_num_threads(int(sys.argv[2]))
    for text in sys.argv[3:]:
        make(RunConfig.model_validate_json(text))
