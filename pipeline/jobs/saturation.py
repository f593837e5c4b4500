"""Arithmetic of an estimate: requests, money, time, and what limits a run of many workers."""

import math
from dataclasses import dataclass

from schemas.jobs.estimate import LimitsConfig, PricesConfig, Sample
from schemas.jobs.run import ComputeConfig

_PART = 8 << 20
"""Bytes from which on boto3 uploads in parts, and bytes of a part."""

_REMOVED = 1000
"""Photos that one request removes."""

_SHARDS_A_SECOND = 100.0
"""Shards that one driver hands out and counts, at the least. `benchmarks.estimate` measures it."""


@dataclass(frozen=True)
class Work:
    """What a plan asks for.

    Attributes:
        pairs, sources, shards: their numbers.
        originals: sources whose original is read too.
        on_s3: whether OUT is an object store.
    """

    pairs: int
    sources: int
    shards: int
    originals: int
    on_s3: bool


def requests(work: Work, stored_bytes: float) -> tuple[int, int]:
    """Requests that read and that write, to make the shards of a plan; see `docs/architecture.md` for the protocol.

    Args:
        work: the plan.
        stored_bytes: bytes of all shards.
    """
    reads = 2 * work.originals  # fitted pairs read the source and its original
    if not work.on_s3:
        return reads, 0
    parts = math.ceil(stored_bytes / max(1, work.shards) / _PART)
    upload = 1 if parts <= 1 else parts + 2
    removals = math.ceil(work.sources / max(1, work.shards) / _REMOVED)
    reads += work.sources + 3 * work.shards  # kept photos; plan, commit record before and in the end
    writes = work.shards * (upload + 3 + removals)  # tar; offsets, manifest, commit record
    return reads, writes


def limits(work: Work, sample: Sample, compute: ComputeConfig, store: LimitsConfig) -> dict[str, float]:
    """The number of workers at which each thing is fully used, ascending: more workers than the first bring nothing.

    Args:
        work: the plan.
        sample: what a pair takes.
        compute: the scoring actors.
        store: what the object store can take.
    """
    stored = work.pairs * sample.stored_bytes
    reads, writes = requests(work, stored)
    traffic = 2 * stored / 1e9 if work.on_s3 else 0.0  # photos are read, pairs are written
    rates = {  # pairs a second
        "reads of the store": _over(store.reads_a_second * work.pairs, reads),
        "writes to the store": _over(store.writes_a_second * work.pairs, writes),
        "bandwidth of the store": _over(store.gigabytes_a_second * work.pairs, traffic),
        "scoring actors": _over(compute.scorers, sample.gpu_seconds),
        "the driver": _SHARDS_A_SECOND * work.pairs / max(1, work.shards),
        "number of shards": math.inf,
    }
    at = {name: rate * sample.core_seconds for name, rate in rates.items()}
    at["number of shards"] = float(work.shards)
    return dict(sorted(((name, round(count, 1)) for name, count in at.items() if math.isfinite(count)), key=_second))


def hours(work: Work, sample: Sample, workers: int, limit: float) -> float:
    """Hours from the first task to the last. Shards are equal, so the last round may leave workers without work.

    Args:
        work: the plan.
        sample: what a pair takes.
        workers: shards that are made at a time.
        limit: number of workers from which on more bring nothing.
    """
    seconds = work.pairs / max(1, work.shards) * (sample.core_seconds + sample.gpu_seconds)
    used = max(1.0, min(workers, limit))
    return math.ceil(work.shards / used) * seconds / 3600


def money(
    core_hours: float, gpu_hours: float, reads: int, writes: int, gigabytes: float, prices: PricesConfig
) -> float:
    """What a run costs, with a month of its data set, in the currency of the prices."""
    return (
        core_hours * prices.core_hour
        + gpu_hours * prices.gpu_hour
        + reads * prices.million_reads / 1e6
        + writes * prices.million_writes / 1e6
        + gigabytes * prices.gigabyte_month
    )


def _over(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else math.inf


def _second(pair: tuple[str, float]) -> float:
    return pair[1]
