"""Scores of pyiqa, by the names of its metrics; PSNR, SSIM and PIQE also in compiled forms of our own."""

import difflib
import importlib
import runpy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from operators.resize import resize
from quality import compiled_metrics
from quality.scorers.batches import Model, Row, batch_invariant, score_rows
from quality.scorers.pyiqa_imports import pyiqa_imports
from quality.scorers.scorer import Compared, ScorerUnavailableError, Scores
from quality.scorers.weights import LOAD_ERRORS, first_line, local_weights, weight_folders, weights_sha256
from schemas.config import Engine
from schemas.scores import ScorerCard

Metric = Callable[..., float]
"""Takes one picture, (1, 3, H, W) uint8, or two of which the second is the reference, and returns one number."""

COMPILED: Mapping[str, Metric] = {
    "psnr": compiled_metrics.psnr,
    "ssim": compiled_metrics.ssim,
    "piqe": compiled_metrics.piqe,
}
"""Metrics of pyiqa that are also compiled."""


@dataclass(frozen=True)
class _Loaded:
    """A metric that is ready.

    Attributes:
        mode: "FR" compares input and target, "NR" judges each.
        model: the metric as a model.
        batched: whether it scores a batch as it scores single pictures.
        net: pyiqa's metric; None for a compiled one.
    """

    mode: Literal["FR", "NR"]
    model: Model
    batched: bool
    net: torch.nn.Module | None


class PyiqaScorer:
    """Full-reference metrics compare input and target, which is the reference; no-reference metrics judge both.

    A metric is tried on two pictures when it is loaded. One that scores a batch otherwise than its pictures alone never
    sees more than one picture or pair at a time.
    """

    def __init__(self, metrics: Sequence[str], long_side: int, device: str, engine: Engine) -> None:
        """Load the metrics and try each on two small pictures.

        Raises:
            NoCompilerError: some are wanted compiled, and were not when the package was installed.
            ScorerUnavailableError: a metric is unknown, lacks weights or a package, or does not score single pictures.
        """
        self._long_side = long_side
        self._device = device
        modes = {name: metric_mode(name) for name in metrics}
        self._metrics = {name: self._loaded(name, mode, engine) for name, mode in modes.items()}

    def cards(self) -> list[ScorerCard]:
        """See `Scorer.cards`."""
        return self._cards

    @cached_property
    def _cards(self) -> list[ScorerCard]:
        return [self._card(name, metric) for name, metric in self._metrics.items()]

    def _card(self, name: str, metric: _Loaded) -> ScorerCard:
        library = "pyiqa" if metric.net else "unretouch"
        return ScorerCard(
            name=name,
            scores=pyiqa_score_names([name]),
            model=name,
            preprocessing={"long_side": self._long_side, "range": "[0, 1]" if metric.net else "8 bits"},
            weights_sha256=weights_sha256(metric.net) if metric.net else None,
            library=library,
            version=version(library),
            device="cpu" if self._device == "cpu" else "cuda",
            batched=metric.batched,
            better="lower" if _metric_table()[name].get("lower_better") else "higher",
        )

    def score(self, pictures: Sequence[Tensor], pairs: Sequence[Compared]) -> list[Scores]:
        """See `Scorer.score`."""
        prepared = [resize(picture[None], self._long_side, "bilinear")[0].to(self._device) for picture in pictures]
        scores: list[Scores] = [{} for _ in pairs]
        for name, metric in self._metrics.items():
            if metric.mode == "FR":
                rows: list[Row] = [(prepared[pair.input], prepared[pair.target]) for pair in pairs]
                for found, value in zip(scores, self._values(name, metric, rows), strict=True):
                    found[name] = value
            else:
                values = self._values(name, metric, [(picture,) for picture in prepared])
                for found, pair in zip(scores, pairs, strict=True):
                    found[f"{name}_input"], found[f"{name}_target"] = values[pair.input], values[pair.target]
        return scores

    def _values(self, name: str, metric: _Loaded, rows: Sequence[Row]) -> list[float | None]:
        return score_rows(name, metric.model, rows, metric.batched)

    def _loaded(self, name: str, mode: Literal["FR", "NR"], engine: Engine) -> _Loaded:
        trial = [picture.to(self._device) for picture in _trial()]
        rows: list[Row] = [(trial[0], trial[1]), (trial[1], trial[0])] if mode == "FR" else [(trial[0],), (trial[1],)]
        net: torch.nn.Module | None = None
        if engine == "compiled" and name in COMPILED:
            model = _one_by_one(COMPILED[name])
        else:
            net = _load(name, self._device)
            model = _of_bytes(net)
        if None in score_rows(name, model, rows, batched=False):
            names = [name] if mode == "FR" else [f"{name}_input", f"{name}_target"]
            raise ScorerUnavailableError(f"pyiqa gives no number for a single picture or pair: {', '.join(names)}")
        return _Loaded(mode, model, net is not None and batch_invariant(model, rows), net)


def _trial() -> tuple[Tensor, Tensor]:
    """Two unlike pictures, (3, 256, 256) uint8: noise, and faint soft clouds."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(256, (3, 256, 256), dtype=torch.uint8, generator=generator)
    coarse = torch.randint(80, 176, (1, 3, 16, 16), generator=generator).float()
    clouds = functional.interpolate(coarse, size=(256, 256), mode="bilinear")[0]
    return noise, clouds.to(torch.uint8)


def _of_bytes(net: Callable[..., Tensor]) -> Model:
    return lambda *pictures: net(*(picture / 255 for picture in pictures))


def _one_by_one(metric: Metric) -> Model:
    return lambda *pictures: torch.tensor([metric(*pictures)], dtype=torch.float64)


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


def _load(name: str, device: str) -> torch.nn.Module:
    pyiqa = importlib.import_module("pyiqa")  # here, so that naming scores does not wait for it
    try:
        with local_weights(), pyiqa_imports(name), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # for what a checkpoint leaves out
            metric: torch.nn.Module = pyiqa.create_metric(name, device=torch.device(device))
    except ImportError as error:
        raise ScorerUnavailableError(f"pyiqa metric {name!r} needs another package: {error}") from error
    except OSError as error:
        raise ScorerUnavailableError(
            f"weights of pyiqa metric {name!r} are missing: {first_line(error)}. Where there is a network, run "
            f"python -c \"import pyiqa; pyiqa.create_metric('{name}')\" and copy {weight_folders()} here"
        ) from error
    except LOAD_ERRORS as error:
        raise ScorerUnavailableError(f"weights of pyiqa metric {name!r} cannot be loaded: {error}") from error
    return metric
