"""Timing a function of a photo over many photos, in processes of one thread each."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import NamedTuple

import cv2
import torch

PhotoFunction = Callable[[Path], object]


class Cost(NamedTuple):
    """Seconds: on the clock, and of all processors together."""

    wall: float
    cpu: float


def cost_per_photo(make: PhotoFunction, photos: Sequence[Path], processes: int) -> Cost:
    """What `make` takes over all photos, a photo.

    Each process has imported everything and made the first photo before the clock starts. Photos are handed out one
    by one, the largest files first, so that processes end together.

    Args:
        make: a function that can be pickled.
    """
    queue = sorted(photos, key=lambda photo: photo.stat().st_size, reverse=True)
    context = get_context("spawn")
    ready = context.Barrier(processes + 1)
    with context.Pool(processes, _prepare, (make, photos[0], ready)) as pool:
        ready.wait()
        start = time.perf_counter()
        cpu = sum(pool.map(partial(_cpu_seconds, make), queue, chunksize=1))
        return Cost((time.perf_counter() - start) / len(queue), cpu / len(queue))


def _cpu_seconds(make: PhotoFunction, photo: Path) -> float:
    start = time.process_time()
    make(photo)
    return time.process_time() - start


def _prepare(make: PhotoFunction, photo: Path, ready: Barrier) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    make(photo)
    ready.wait()
