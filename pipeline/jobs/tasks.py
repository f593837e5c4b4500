"""Ray tasks with a bounded number in flight: the loop that all jobs use."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import ray

Item = TypeVar("Item")


class BoundedTasks(Generic[Item]):
    """Turns items into Ray tasks, of which at most `limit` are in flight.

    Iteration yields each item with its finished task. `ray.get` returns the result of the task or raises its error.

    Args:
        submit: starts the task of an item.
        items: the items, in the order in which their tasks start.
        limit: most tasks in flight.
    """

    def __init__(self, submit: Callable[[Item], "ray.ObjectRef[Any]"], items: Iterable[Item], limit: int) -> None:
        self._submit, self._limit = submit, limit
        self._waiting = deque(items)
        self._stopped = False
        self._running: dict[ray.ObjectRef[Any], Item] = {}

    @property
    def left(self) -> int:
        """Number of items whose tasks wait or are in flight."""
        return len(self._waiting) + len(self._running)

    def stop(self) -> None:
        """Start no more tasks. The tasks in flight are still yielded."""
        self._waiting.clear()
        self._stopped = True

    def again(self, item: Item) -> None:
        """Start the task of an item before all others that wait; of none after `stop`."""
        if not self._stopped:
            self._waiting.appendleft(item)

    def done(self, timeout: float | None = None) -> Iterator[list[tuple[Item, "ray.ObjectRef[Any]"]]]:
        """Yield lists of items with their finished tasks, and an empty list after `timeout` seconds without one."""
        while self._waiting or self._running:
            while self._waiting and len(self._running) < self._limit:
                item = self._waiting.popleft()
                self._running[self._submit(item)] = item
            ready, _ = ray.wait(list(self._running), timeout=timeout)
            yield [(self._running.pop(task), task) for task in ready]

    def __iter__(self) -> Iterator[tuple[Item, "ray.ObjectRef[Any]"]]:
        for finished in self.done():
            yield from finished
