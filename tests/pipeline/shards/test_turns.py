"""One item is worked on at a time, while others wait."""

import threading
import time

import pytest

from pipeline.shards.turns import Turns


@pytest.mark.parametrize("at_once", [1, 4])
def test_items_come_in_order_and_one_is_worked_on_at_a_time(at_once: int) -> None:
    turns = Turns(at_once)
    working, most = 0, 0

    def make(item: int) -> int:
        nonlocal working, most
        for _ in range(3):
            working += 1
            most = max(most, working)
            time.sleep(0.001)  # long enough for another
            working -= 1
            turns.waiting(lambda: None)
        return -item

    assert list(turns.make(range(20), make)) == [-item for item in range(20)]
    assert most == 1


def test_others_work_while_one_waits() -> None:
    turns, all_wait = Turns(3), threading.Barrier(3)
    # Each item waits until all three do: one after the other would wait for ever.
    assert list(turns.make("abc", lambda _: turns.waiting(lambda: all_wait.wait(60)) * 0)) == [0, 0, 0]


def test_waiting_together_is_idle_time() -> None:
    turns = Turns(2)
    both = threading.Barrier(2)
    list(turns.make("ab", lambda _: turns.waiting(lambda: both.wait(60))))
    assert turns.idle > 0
    alone = Turns()
    list(alone.make("ab", lambda _: None))
    assert alone.idle == 0


def test_errors_are_raised_and_give_the_turn_up() -> None:
    turns = Turns(2)

    def make(item: int) -> int:
        return turns.waiting(lambda: 1 // item)

    with pytest.raises(ZeroDivisionError):
        list(turns.make([1, 0, 1], make))
    assert list(turns.make([1], make)) == [1]
