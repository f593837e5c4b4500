"""How fast a finished data set is read for training, beside a bare loop over its tars.

    python -m benchmarks.readers OUT [--s3 s3://BUCKET/COPY]

The bare loop reads tars from front to back and decodes both pictures of every sample: no shuffling, no hashes, no
batches. It is measured anew before each reader, because a shared machine changes its speed. Processor time, of the
process and its workers together, changes less. Memory is that of this process and of its workers (proportional set
size: what they share counts once), after the first batches and at the end of an epoch. `--s3` adds what streams a copy
of the data set from S3.
"""

import argparse
import json
import os
import tarfile
import time
from collections.abc import Callable, Generator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import torch
import webdataset as wds
from datasets import load_dataset
from rich.table import Table
from torch.utils.data import DataLoader

from benchmarks.report import Figure, wide_console, write_report
from pipeline.dataset.record import commits, load_record
from pipeline.export.streaming import register_s3, shard_urls
from pipeline.images.codec import decode
from pipeline.storage.store import open_store
from pipeline.training.order import GlobalBatches, ReaderState
from pipeline.training.reader import PairDataset
from pipeline.training.recipe_reader import RecipeDataset, completed
from schemas.sample import ImageFormat

BATCH, BARE = 16, "bare loop"

Epoch = Callable[[], Generator[int]]
"""Reads one epoch and yields the number of samples of each batch."""


class Reading(NamedTuple):
    """Samples a second, processor time a sample in ms, and memory in MiB after the first batches and at the end."""

    rate: float
    cpu_ms: float
    start_mib: float
    end_mib: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", metavar="OUT", help="folder of a finished data set")
    parser.add_argument("--s3", metavar="ROOT", help="the same data set on S3")
    parser.add_argument("--rounds", type=int, default=3, help="times that everything is measured")
    parser.add_argument("--samples", type=int, help="samples after which an epoch is left; default: all")
    parser.add_argument("--crop", type=int, default=256, help="side of crops, in pixels")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out/readers.json"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    console = wide_console()
    bare, readers = readers_of(arguments.dataset, arguments.crop, arguments.s3)
    found: dict[str, list[Reading]] = {name: [] for name in (BARE, *readers)}
    ratios: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(arguments.rounds):
        for name, epoch in readers.items():
            beside, reading = measure(bare, arguments.samples), measure(epoch, arguments.samples)
            found[BARE].append(beside)
            found[name].append(reading)
            ratios[name].append(reading.rate / beside.rate)
    table = Table(title=f"readers of {arguments.dataset}")
    columns = ("samples/s", "over the bare loop", "CPU, ms a sample", "MiB at the start", "MiB at the end")
    for column in ("reader", *columns):
        table.add_column(column, justify="left" if column == "reader" else "right")
    for name, readings in found.items():
        table.add_row(
            name,
            Figure.of([reading.rate for reading in readings]).text(),
            Figure.of(ratios[name]).text(2) if name in ratios else "",
            Figure.of([reading.cpu_ms for reading in readings]).text(2),
            *(f"{value:,.0f}" for value in (readings[-1].start_mib, readings[-1].end_mib)),
        )
    console.print(table)
    write_report(arguments.out, {name: [reading._asdict() for reading in found[name]] for name in found})
    console.print(f"figures: {arguments.out}")


def readers_of(root: str, crop: int, on_s3: str | None) -> tuple[Epoch, Mapping[str, Epoch]]:
    """The bare loop, and every reader by name."""
    record = load_record(open_store(root))
    pairs, cropped = PairDataset(root), PairDataset(root, crop=crop)
    recipes, fresh = RecipeDataset(root, crop=crop), RecipeDataset(root, crop=crop, fresh=True)
    readers: dict[str, Epoch] = {}
    for workers in (0, 1, 2):
        readers[f"pairs, whole, {workers} workers"] = partial(our_epoch, pairs, workers)
    for workers in (0, 1, 2):
        readers[f"pairs, crops, {workers} workers"] = partial(our_epoch, cropped, workers)
    readers["recipes, crops, 0 workers"] = partial(our_epoch, recipes, 0)
    readers["recipes, crops, 2 workers"] = partial(our_epoch, recipes, 2)
    readers["fresh recipes, crops, 2 workers"] = partial(our_epoch, fresh, 2)
    register_s3()
    for where, place in {"": root, " from S3": on_s3}.items():
        if place is not None:
            readers[f"webdataset{where}, 0 workers"] = partial(webdataset_epoch, place, record.config.image.format)
            readers[f"datasets, streaming{where}, 0 workers"] = partial(datasets_epoch, place)
    return partial(bare_loop, root, record.config.image.format), readers


def bare_loop(root: str, image_format: ImageFormat) -> Generator[int]:
    """Read the tars from front to back, and decode."""
    for commit in commits(open_store(root)):
        with tarfile.open(Path(root) / commit.tar.name) as tar:
            for info in tar:
                stream = tar.extractfile(info)
                data = stream.read() if stream else b""
                if info.name.endswith(".json"):
                    json.loads(data)
                    yield 1
                else:
                    decode(data, image_format)


def our_epoch(data: PairDataset | RecipeDataset, workers: int) -> Generator[int]:
    """An epoch in shuffled order, in batches."""
    state = ReaderState(seed=0, global_batch=BATCH, fingerprint=data.fingerprint)
    batches = GlobalBatches(data.shards, data.fingerprint, state)
    loader: DataLoader[Any] = DataLoader(data, batch_sampler=batches, collate_fn=data.collate, num_workers=workers)
    for batch in loader:
        if isinstance(data, RecipeDataset):
            completed(batch, data.renderer)
        yield len(batch["key"])


def webdataset_epoch(root: str, image_format: ImageFormat) -> Generator[int]:
    """The same tars through webdataset, decoded by our codec."""
    for sample in wds.WebDataset(shard_urls(root), shardshuffle=False):
        for name, data in sample.items():
            if name.startswith(("input.", "target.")):
                decode(data, image_format)
        json.loads(sample["json"])
        yield 1


def datasets_epoch(root: str) -> Generator[int]:
    """The same tars through `datasets` in streaming mode, which decodes with Pillow."""
    stream = load_dataset("webdataset", data_files=shard_urls(root), split="train", streaming=True)
    for sample in stream:
        for value in sample.values():
            if hasattr(value, "load"):
                value.load()
        yield 1


def measure(epoch: Epoch, most: int | None) -> Reading:
    """Measure an epoch, or its first samples. The clock starts with the first batch: workers start once for many."""
    cpu = cpu_seconds()
    batches = epoch()
    first = next(batches)
    started, seen, looking = time.perf_counter(), 0, 0.0
    start = end = 0.0
    for number, samples in enumerate(batches):
        seen += samples
        if number in {2, 8} or number % 64 == 63:
            before = time.perf_counter()
            end = used_memory()
            start = start or end
            looking += time.perf_counter() - before
        if most is not None and seen >= most:
            break
    seconds = time.perf_counter() - started - looking
    batches.close()  # its workers end, and their time counts
    return Reading(seen / seconds, 1000 * (cpu_seconds() - cpu) / (first + seen), start, end)


def cpu_seconds() -> float:
    """Processor time of this process and of the workers that have ended."""
    return sum(os.times()[:4])


def used_memory() -> float:
    """Proportional set size of this process and its children, in MiB."""
    here = psutil.Process()
    total = 0
    for process in (here, *here.children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 2**20


if __name__ == "__main__":
    main()
