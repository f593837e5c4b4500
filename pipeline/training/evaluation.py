"""What is evaluated: pairs, one after another, and methods that make a picture of each, models and baselines."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from operators.renderer import renderer_of
from pipeline.fitting.files import read_pictures
from pipeline.images.decode import decode
from pipeline.training.baselines import auto_levels
from pipeline.training.encoders import GROUPS
from pipeline.training.examples import render_pair
from pipeline.training.predictor import load_predictor, predict
from pipeline.training.renderer import load_renderer
from pipeline.training.samples import PairSample
from pipeline.training.weights import ModelFileError, read_weights
from schemas.config import ImageConfig
from schemas.errors import UnretouchError
from schemas.source import SourceError, SourceItem

_ANY_SIZE = ImageConfig(long_side=8192, min_short_side=16)


class PredictionError(UnretouchError):
    """A model does not fit the pairs, or predictions are missing or of another size."""


class TestPair(NamedTuple):
    """A pair to evaluate on.

    Attributes:
        key: its key, or the name of its file without the extension.
        task: its task; "real" for a real pair of a list.
        groups: groups that its recipe moves, joined by "+"; "unknown" for a real pair.
        input: uint8 (3, H, W).
        target: uint8 (3, H, W).
        made: the pair of a data set; None for a real pair.
    """

    key: str
    task: str
    groups: str
    input: Tensor
    target: Tensor
    made: PairSample | None


Method = Callable[[TestPair], Tensor]
"""From a pair, of whose target only reference renderers may make use, to a picture, uint8 (3, H, W)."""


def stored_pairs(pairs: Iterable[PairSample]) -> Iterator[TestPair]:
    """Pairs of a data set."""
    for pair in pairs:
        groups = "+".join(group for group, moves in zip(GROUPS, pair.labels.groups.tolist(), strict=True) if moves)
        yield TestPair(pair.labels.key, pair.labels.task, groups or "none", pair.input, pair.target, pair)


def real_pairs(items: Iterable[SourceItem]) -> Iterator[TestPair]:
    """Real pairs of a list, as `list_pairs` reads it.

    Raises:
        SourceError: a picture cannot be read.
    """
    for item in items:
        before, after = read_pictures(str(item.before), item.uri)
        yield TestPair(Path(item.uri).stem, "real", "unknown", before, after, None)


def model_of(path: Path) -> Method:
    """A model to evaluate.

    Args:
        path: a renderer or a predictor as safetensors, or a folder of pictures, named by the keys of the pairs.

    Raises:
        ModelFileError: there is no such thing.
    """
    if path.is_dir():
        return lambda pair: _predicted(path, pair)
    metadata, _ = read_weights(path)
    if "predictor" in metadata:
        predictor = load_predictor(path)
        process = renderer_of(predictor.process.name, "compiled")
        return lambda pair: process.render(pair.input[None], predict(predictor, pair.input))[0]
    if "renderer" not in metadata:
        raise ModelFileError(f"{path} holds neither a renderer nor a predictor")
    renderer = load_renderer(path).to("cuda" if torch.cuda.is_available() else "cpu")
    return lambda pair: render_pair(renderer, _made(pair))


def baselines(process: str, mean: Tensor | None, stored: bool) -> dict[str, Method]:
    """What needs no model.

    Args:
        process: name of the process.
        mean: mean recipe of a data set, (P,); None leaves it out.
        stored: whether pairs have recipes, whose renders are the best that a process can do.
    """
    renderer = renderer_of(process, "compiled")
    methods: dict[str, Method] = {
        "identity": lambda pair: pair.input,
        "auto levels": lambda pair: auto_levels(pair.input),
    }
    if mean is not None:
        methods["mean recipe"] = lambda pair: renderer.render(pair.input[None], mean[None])[0]
    if stored:
        methods["stored recipe"] = lambda pair: renderer.render(pair.input[None], _recipe(pair)[None])[0]
    return methods


def _made(pair: TestPair) -> PairSample:
    if pair.made is None:
        raise PredictionError(f"{pair.key} is a real pair without a recipe; a renderer needs pairs of a data set")
    return pair.made


def _recipe(pair: TestPair) -> Tensor:
    return _made(pair).labels.parameters


def _predicted(folder: Path, pair: TestPair) -> Tensor:
    found = sorted(path for path in folder.iterdir() if path.stem == pair.key and path.is_file())
    if len(found) != 1:
        raise PredictionError(f"{folder} needs one picture named {pair.key}, it has {len(found)}")
    try:
        return decode(found[0].read_bytes(), str(found[0]), _ANY_SIZE).pixels
    except SourceError as error:
        raise PredictionError(f"{found[0]} cannot be read: {error.detail}") from error
