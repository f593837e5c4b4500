"""Turns: several items are in work, but one at a time is worked on, while others wait for answers from elsewhere."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from pipeline.storage.ahead import read_ahead

Item = TypeVar("Item")
Made = TypeVar("Made")


class Turns:
    """Makes items in threads, of which one has its turn at a time, so that they never need more than one core.

    Args:
        at_once: items in work.

    Attributes:
        idle: seconds in which nobody had a turn, because all waited for answers.
    """

    def __init__(self, at_once: int = 1) -> None:
        self._at_once, self._turn = at_once, threading.Lock()
        self._waiting, self._given_up = 0, 0.0
        self.idle = 0.0

    def make(self, items: Iterable[Item], make: Callable[[Item], Made]) -> Iterator[Made]:
        """Yield what is made of each item, in order. Raises what `make` raises."""

        def in_turn(item: Item) -> Made:
            self._take()
            try:
                return make(item)
            finally:
                self._give_up()

        if self._at_once == 1:
            yield from map(in_turn, items)
        else:
            yield from (made.result() for _, made in read_ahead(items, in_turn, self._at_once))

    def waiting(self, wait: Callable[[], Made]) -> Made:
        """Call a function from within `make`, and let others have their turn meanwhile."""
        self._waiting += 1
        self._give_up()
        try:
            return wait()
        finally:
            self._take()
            self._waiting -= 1

    def _take(self) -> None:
        self._turn.acquire()
        if self._waiting:
            self.idle += time.perf_counter() - self._given_up

    def _give_up(self) -> None:
        self._given_up = time.perf_counter()
        self._turn.release()
