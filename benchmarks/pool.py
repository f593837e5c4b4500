"""Timing a function of a photo over many photos, in processes of one thread each."""

import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import cv2
import torch

PhotoFunction = Callable[[Path], object]


def seconds_per_photo(make: PhotoFunction, photos: Sequence[Path], processes: int) -> float:
    """Wall time of `make` over all photos, a photo.

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
        pool.map(make, queue, chunksize=1)
        return (time.perf_counter() - start) / len(queue)


def _prepare(make: PhotoFunction, photo: Path, ready: Barrier) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    make(photo)
    ready.wait()
