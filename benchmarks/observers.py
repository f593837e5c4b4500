"""What can be seen of a running command from outside. Each observer is called with the command's process id."""

import time
from pathlib import Path

import psutil

_BETWEEN_LOOKS = 1.0
"""Seconds. Looking at all processes takes some milliseconds, which the command should keep."""


class PeakMemory:
    """The greatest resident memory of the process alone that was seen, in MiB."""

    def __init__(self) -> None:
        self.mib = 0.0

    def __call__(self, pid: int) -> None:
        """Look at the process, unless it is gone."""
        try:
            self.mib = max(self.mib, psutil.Process(pid).memory_info().rss / 2**20)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            return


class CpuTime:
    """Seconds of processor time of the process and all that it started, Ray's own processes among them."""

    def __init__(self) -> None:
        self._seen: dict[psutil.Process, float] = {}
        self._next_look = 0.0

    @property
    def seconds(self) -> float:
        """All that was seen. A process's last moments go unseen."""
        return sum(self._seen.values())

    def __call__(self, pid: int) -> None:
        """Look at all processes, now and then."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _BETWEEN_LOOKS
        try:
            driver = psutil.Process(pid)
            processes = [driver, *driver.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for process in processes:
            try:
                times = process.cpu_times()
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            self._seen[process] = times.user + times.system


class FirstBytes:
    """Seconds from when this is made until a file in the folder holds something; None as long as none does."""

    def __init__(self, folder: Path) -> None:
        self.seconds: float | None = None
        self._folder = folder
        self._start = time.perf_counter()

    def __call__(self, _: int) -> None:
        """Look into the folder."""
        if self.seconds is None and self._holds_something():
            self.seconds = time.perf_counter() - self._start

    def _holds_something(self) -> bool:
        try:
            return any(path.stat().st_size for path in self._folder.iterdir())
        except FileNotFoundError:  # not made yet, or renamed while we look
            return False
