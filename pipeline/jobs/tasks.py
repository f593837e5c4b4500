"""Ray tasks with a bounded number in flight: the one loop that all jobs use."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import ray

Item = TypeVar("Item")


class BoundedTasks(Generic[Item]):
    """Items that become Ray tasks, `limit` of them in flight at a time.

    Iterating yields each item with its finished task, whose result `ray.get` returns or raises. Items that are added
    meanwhile are done next.

    Args:
        submit: starts the task of an item.
        items: what to do, in order.
        limit: most tasks in flight.
    """

    def __init__(self, submit: Callable[[Item], "ray.ObjectRef[Any]"], items: Iterable[Item], limit: int) -> None:
        self._submit, self._limit = submit, limit
        self._waiting = deque(items)
        self._running: dict[ray.ObjectRef[Any], Item] = {}

    def add_next(self, items: Iterable[Item]) -> None:
        """Do these items before those that wait."""
        self._waiting.extendleft(reversed(list(items)))

    def stop(self) -> None:
        """Start no further task. Those in flight are still yielded."""
        self._waiting.clear()

    def done(self, timeout: float | None = None) -> Iterator[list[tuple[Item, "ray.ObjectRef[Any]"]]]:
        """Yield the tasks that have finished, and an empty list each time that `timeout` seconds pass without one."""
        while self._waiting or self._running:
            while self._waiting and len(self._running) < self._limit:
                item = self._waiting.popleft()
                self._running[self._submit(item)] = item
            ready, _ = ray.wait(list(self._running), timeout=timeout)
            yield [(self._running.pop(task), task) for task in ready]

    def __iter__(self) -> Iterator[tuple[Item, "ray.ObjectRef[Any]"]]:
        for finished in self.done():
            yield from finished
