"""Reading ahead: while one item is worked on, threads read what the next ones need, so that no core waits."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")


def read_ahead(
    items: Iterable[Item], read: Callable[[Item], Found], depth: int = 3
) -> Iterator[tuple[Item, "Future[Found]"]]:
    """Yield each item with what `read` finds for it, in order.

    Args:
        items: the items.
        read: reads what an item needs, in a thread. What it raises, `Future.result` raises.
        depth: how many items are read ahead, and threads that do it. So much is in memory, beside the item in work.
    """
    with ThreadPoolExecutor(depth, thread_name_prefix="read-ahead") as pool:
        waiting: deque[tuple[Item, Future[Found]]] = deque()
        try:
            for item in items:
                waiting.append((item, pool.submit(read, item)))
                if len(waiting) > depth:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:  # the one who reads may stop early
            for _, future in waiting:
                future.cancel()
