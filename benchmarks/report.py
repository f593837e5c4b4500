"""What all benchmarks share: a figure with its spread, the machine they ran on, and the file that keeps both."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

from rich.console import Console

from pipeline.shards.fingerprint import this_platform

_LIBRARIES = ("kornia", "numpy", "opencv-python-headless", "pillow", "pyarrow", "ray", "simplejpeg", "torch")


class Figure(NamedTuple):
    """Median, least and greatest of some repeats."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure":
        """The figure of at least one value."""
        return cls(median(values), min(values), max(values))

    def text(self, digits: int = 1) -> str:
        """Median and half the spread, as in "17.2 ± 0.3"."""
        return f"{self.median:.{digits}f} ± {(self.greatest - self.least) / 2:.{digits}f}"


def wide_console() -> Console:
    """A console that leaves tables their width where the output is no terminal."""
    return Console() if Console().is_terminal else Console(width=140)


def machine() -> dict[str, object]:
    """Processor, cores, system, load and versions."""
    return {
        "processor": this_platform(with_processor=True).processor,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": platform.platform(),
        "load of the last minute": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def write_report(path: Path, content: Mapping[str, object]) -> None:
    """Write figures with the machine they were measured on as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine(), **content}, indent=2) + "\n")
