"""The one loop of all jobs, on a real Ray: bounded, in order, and until it is stopped."""

from collections.abc import Iterator

import pytest
import ray
from ray.exceptions import RayTaskError

from pipeline.jobs.cluster import cluster
from pipeline.jobs.tasks import BoundedTasks
from schemas.jobs.run import ComputeConfig

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    with cluster(ComputeConfig(workers=2)):
        yield


@ray.remote(num_cpus=1)
def halved(number: int) -> int:
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


def test_every_item_is_done_once_and_failures_are_the_caller_s() -> None:
    results, failed = {}, []
    for number, task in BoundedTasks(halved.remote, range(6), 2):
        try:
            results[number] = ray.get(task)
        except RayTaskError:
            failed.append(number)
    assert results == {0: 0, 2: 1, 4: 2}
    assert sorted(failed) == [1, 3, 5]


def test_no_more_tasks_are_in_flight_than_allowed() -> None:
    submitted: list[int] = []

    def submit(number: int) -> "ray.ObjectRef[int]":
        submitted.append(number)
        return halved.remote(2 * number)

    tasks = BoundedTasks(submit, range(10), 3)
    for done, _ in enumerate(tasks):
        assert len(submitted) - done <= 3
    assert submitted == list(range(10))


def test_stop_ends_the_rest() -> None:
    order = []
    tasks = BoundedTasks(halved.remote, [0, 2, 4, 6], 1)
    for number, _ in tasks:
        order.append(number)
        if number == 2:
            tasks.stop()
    assert order == [0, 2]
