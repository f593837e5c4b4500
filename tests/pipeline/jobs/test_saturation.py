"""Arithmetic of estimates."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.jobs.saturation import Work, hours, limits, money, requests
from schemas.jobs.estimate import LimitsConfig, PricesConfig, Sample
from schemas.jobs.run import ComputeConfig

SAMPLE = Sample(pairs=64, accepted_share=0.9, core_seconds=0.04, gpu_seconds=0, stored_bytes=600_000)
STORE = LimitsConfig()
MILLION = Work(1_000_000, 250_000, 2000, 0, on_s3=True)


def test_on_disk_nothing_is_requested() -> None:
    assert requests(Work(100, 25, 1, 0, on_s3=False), 1e9) == (0, 0)
    assert requests(Work(100, 25, 1, 7, on_s3=False), 1e9) == (14, 0)  # sources may lie elsewhere


def test_large_tars_are_sent_in_parts() -> None:
    small, large = (requests(Work(512, 128, 1, 0, on_s3=True), size) for size in (8 << 20, (8 << 20) + 1))
    assert small == (128 + 3, 1 + 3 + 1)
    assert large == (128 + 3, 4 + 3 + 1)


def test_a_job_of_a_million_is_limited_by_its_bandwidth_first() -> None:
    found = limits(MILLION, SAMPLE, ComputeConfig(), STORE)
    assert list(found.values()) == sorted(found.values())
    assert next(iter(found)) == "bandwidth of the store"
    # 12.5 GB/s over 1.2 MB a pair are 10,417 pairs/s, of which a worker makes 25.
    assert found["bandwidth of the store"] == pytest.approx(417, abs=1)
    assert found["number of shards"] == 2000
    assert "scoring actors" not in found


def test_scoring_actors_limit_where_they_are_slow() -> None:
    slow = SAMPLE.model_copy(update={"gpu_seconds": 0.01})
    found = limits(MILLION, slow, ComputeConfig(scorers=2), STORE)
    assert found["scoring actors"] == pytest.approx(2 / 0.01 * 0.04)


@given(workers=st.integers(1, 10_000), shards=st.integers(1, 5000), limit=st.floats(1, 1e5))
def test_more_workers_never_take_longer_and_never_less_than_one_shard(workers: int, shards: int, limit: float) -> None:
    work = Work(512 * shards, 128 * shards, shards, 0, on_s3=True)
    took = hours(work, SAMPLE, workers, limit)
    assert hours(work, SAMPLE, workers + 1, limit) <= took
    assert took >= 512 * SAMPLE.core_seconds / 3600 * (1 - 1e-9)
    alone = hours(work, SAMPLE, 1, limit)
    assert alone == pytest.approx(512 * shards * SAMPLE.core_seconds / 3600)
    assert took * min(workers, limit) >= alone * (1 - 1e-9)


def test_money_adds_up() -> None:
    prices = PricesConfig(core_hour=0.05, gpu_hour=2, million_reads=0.4, million_writes=5, gigabyte_month=0.02)
    assert math.isclose(money(100, 10, 1_000_000, 2_000_000, 500, prices), 5 + 20 + 0.4 + 10 + 10)
    assert money(100, 10, 1, 1, 1, PricesConfig()) == 0
