"""Reading ahead: in order, not too far, and errors reach the one who reads."""

import threading

import pytest

from pipeline.storage.ahead import read_ahead


def test_items_come_in_order_and_are_read_while_others_are_worked_on() -> None:
    started: list[int] = []
    lock = threading.Lock()

    def read(item: int) -> int:
        with lock:
            started.append(item)
        return item * item

    for number, (item, found) in enumerate(read_ahead(range(20), read, depth=3)):
        assert (item, found.result()) == (number, number * number)
        assert len(started) <= number + 1 + 3
    assert sorted(started) == list(range(20))


def test_what_reading_raises_is_raised_at_its_item() -> None:
    def read(item: int) -> int:
        if item == 2:
            raise FileNotFoundError("two")
        return item

    seen = []
    with pytest.raises(FileNotFoundError, match="two"):
        for _, found in read_ahead(range(5), read):
            seen.append(found.result())
    assert seen == [0, 1]


def test_the_rest_is_not_read_by_one_who_stops() -> None:
    read: list[int] = []
    for item, found in read_ahead(range(1000), read.append, depth=2):
        found.result()
        if item == 1:
            break
    assert len(read) < 10


def test_no_items() -> None:
    assert list(read_ahead([], str)) == []
