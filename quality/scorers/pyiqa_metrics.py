"""Scores of pyiqa, by the names of its metrics; PSNR, SSIM and PIQE also in compiled forms of our own."""

import difflib
import importlib
import logging
import math
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from operators.resize import resize
from quality import compiled_metrics
from quality.scorers.scorer import ScorerUnavailableError, Scores
from quality.scorers.weights import LOAD_ERRORS, first_line, local_weights, weight_folders
from schemas.config import Engine

Metric = Callable[..., float]
"""Takes one picture, (1, 3, H, W) uint8, or two of which the second is the reference, and returns one number."""

COMPILED: Mapping[str, Metric] = {
    "psnr": compiled_metrics.psnr,
    "ssim": compiled_metrics.ssim,
    "piqe": compiled_metrics.piqe,
}
"""Metrics of pyiqa that are also compiled."""

_REPLACES_LLAMA = "pyiqa.archs.q_align.cmp_modelling_mplug_owl2"


class PyiqaScorer:
    """Full-reference metrics compare input and target; no-reference metrics judge both.

    The target is the reference, and its own scores are computed once for all its variants. Pictures are scored one at
    a time, so that a score does not depend on what else is in the batch.
    """

    def __init__(self, metrics: Sequence[str], long_side: int, device: str, engine: Engine) -> None:
        """Load the metrics and try each on a small picture.

        Raises:
            NoCompilerError: some are wanted compiled, and were not when the package was installed.
            ScorerUnavailableError: a metric is unknown, lacks weights or a package, or does not score single pictures.
        """
        self._long_side = long_side
        self._device = device
        self._modes = {name: metric_mode(name) for name in metrics}
        compiled = COMPILED if engine == "compiled" else {}
        self._metrics = {name: compiled.get(name) or _load(name, device) for name in metrics}
        generator = torch.Generator().manual_seed(0)
        trial = torch.randint(256, (4, 3, 256, 256), dtype=torch.uint8, generator=generator)
        if bad := sorted({name for scores in self.score(trial[:1], trial[1], [""]) for name in _missing(scores)}):
            raise ScorerUnavailableError(f"pyiqa gives no number for a single picture or pair: {', '.join(bad)}")

    def score(self, inputs: Tensor, target: Tensor, instructions: Sequence[str]) -> list[Scores]:
        """See `Scorer.score`."""
        reference = self._prepare(target)
        of_target: Scores = {
            f"{name}_target": _value(name, metric, reference)
            for name, metric in self._metrics.items()
            if self._modes[name] == "NR"
        }
        return [self._score(self._prepare(picture), reference, of_target) for picture in inputs]

    def _score(self, image: Tensor, reference: Tensor, of_target: Scores) -> Scores:
        scores: Scores = {}
        for name, metric in self._metrics.items():
            if self._modes[name] == "FR":
                scores[name] = _value(name, metric, image, reference)
            else:
                scores[f"{name}_input"] = _value(name, metric, image)
                scores[f"{name}_target"] = of_target[f"{name}_target"]
        return scores

    def _prepare(self, image: Tensor) -> Tensor:
        return resize(image[None], self._long_side, "bilinear").to(self._device)


def pyiqa_score_names(metrics: Sequence[str]) -> list[str]:
    """Names of the scores that metrics make: NAME, or NAME_input and NAME_target. Does not import pyiqa.

    Raises:
        ScorerUnavailableError: pyiqa has no such metric.
    """
    names = []
    for name in metrics:
        names += [name] if metric_mode(name) == "FR" else [f"{name}_input", f"{name}_target"]
    return names


def metric_mode(name: str) -> Literal["FR", "NR"]:
    """Whether a metric needs a reference, from pyiqa's own table.

    Raises:
        ScorerUnavailableError: pyiqa has no such metric.
    """
    table = _metric_table()
    if name not in table:
        close = difflib.get_close_matches(name, table) or ["psnr", "ssim", "piqe"]
        raise ScorerUnavailableError(f"scores.metrics: pyiqa has no metric {name!r}; it has {', '.join(close)}, …")
    return "FR" if table[name]["metric_mode"] == "FR" else "NR"


@cache
def _metric_table() -> Mapping[str, Mapping[str, object]]:
    # Only the file with the table is run: importing all of pyiqa takes 1.5 s, and a plan does not need it.
    spec = find_spec("pyiqa")
    if spec is None or not spec.submodule_search_locations:
        raise ScorerUnavailableError("pyiqa is not installed; install unretouch with its dependencies")
    table: Mapping[str, Mapping[str, object]] = runpy.run_path(
        str(Path(spec.submodule_search_locations[0]) / "default_model_configs.py")
    )["DEFAULT_CONFIGS"]
    return table


def _load(name: str, device: str) -> Metric:
    pyiqa = importlib.import_module("pyiqa")  # here, so that naming scores does not wait for it
    try:
        with local_weights(), _llama_left_alone(name):
            metric = pyiqa.create_metric(name, device=torch.device(device))
    except ImportError as error:
        raise ScorerUnavailableError(f"pyiqa metric {name!r} needs another package: {error}") from error
    except OSError as error:
        raise ScorerUnavailableError(
            f"weights of pyiqa metric {name!r} are missing: {first_line(error)}. Where there is a network, run "
            f"python -c \"import pyiqa; pyiqa.create_metric('{name}')\" and copy {weight_folders()} here"
        ) from error
    except LOAD_ERRORS as error:
        raise ScorerUnavailableError(f"weights of pyiqa metric {name!r} cannot be loaded: {error}") from error
    return lambda *pictures: float(metric(*(picture / 255 for picture in pictures)))


@contextmanager
def _llama_left_alone(name: str) -> Iterator[None]:
    """Keep pyiqa from replacing parts of transformers' Llama, which a model in the same process may be made of.

    The module of compare2score does so when it is imported, and pyiqa imports the modules of all metrics to find one
    whose module has another name. A module that is None in `sys.modules` cannot be imported; pyiqa goes on without it.
    """
    if name.startswith("compare2score") or _REPLACES_LLAMA in sys.modules:
        yield
        return
    sys.modules[_REPLACES_LLAMA] = None  # type: ignore[assignment]  # None is what the import system looks for
    try:
        yield
    finally:
        del sys.modules[_REPLACES_LLAMA]


def _value(name: str, metric: Metric, *pictures: Tensor) -> float | None:
    """One number, or None where the metric has none for these pictures: too small for it, or flat."""
    try:
        with torch.inference_mode():
            value = metric(*pictures)
    except torch.OutOfMemoryError:
        raise
    except (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        logging.getLogger(__name__).warning("%s gives no score for %s: %s", name, tuple(pictures[0].shape[2:]), error)
        return None
    return value if math.isfinite(value) else None


def _missing(scores: Scores) -> list[str]:
    return [name for name, value in scores.items() if value is None]
