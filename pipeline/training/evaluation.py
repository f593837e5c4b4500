"""How near a model's pictures come to those that are wanted, beside what needs no model."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from torch import Tensor

from operators.renderer import renderer_of
from pipeline.fitting.files import read_pictures
from pipeline.images.decode import decode
from pipeline.jobs.fit_bank import list_pairs
from pipeline.training.baselines import auto_levels
from pipeline.training.compare import Closeness
from pipeline.training.encoders import GROUPS
from pipeline.training.examples import render_pair
from pipeline.training.predictor import load_predictor, predict
from pipeline.training.reader import PairDataset
from pipeline.training.renderer import load_renderer
from pipeline.training.samples import PairSample
from pipeline.training.weights import ModelFileError, read_weights
from quality.realism.likeness import Likeness, Photographs, compare, joined, photographs
from schemas.config import ImageConfig
from schemas.errors import UnretouchError
from schemas.source import SourceError

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


class TestPairs:
    """Pairs that are read when they are asked for.

    Args:
        read: reads a pair by its number.
        count: number of pairs.
    """

    def __init__(self, read: Callable[[int], TestPair], count: int) -> None:
        self._read, self._count = read, count

    def __len__(self) -> int:
        """Number of pairs."""
        return self._count

    def __getitem__(self, number: int) -> TestPair:
        """Read a pair."""
        return self._read(number)

    def __iter__(self) -> Iterator[TestPair]:
        """Read all pairs, one at a time."""
        return map(self._read, range(self._count))


Method = Callable[[TestPair], Tensor]
"""From a pair, of whose target only reference renderers may make use, to a picture, uint8 (3, H, W)."""


class Evaluation(NamedTuple):
    """Results.

    Attributes:
        samples: one row a pair and method: `key`, `task`, `groups`, `method`, `psnr`, `ssim`, `de00`.
        closeness: means by method and part; parts are "all", tasks and combinations of groups.
        likeness: histogram intersections of the pictures and the targets, by method and part.
    """

    samples: pa.Table
    closeness: Mapping[tuple[str, str], Closeness]
    likeness: Mapping[tuple[str, str], Likeness]


def stored_pairs(pairs: PairDataset) -> TestPairs:
    """Pairs of a data set."""

    def read(number: int) -> TestPair:
        pair = pairs.pair(number)
        groups = "+".join(group for group, moves in zip(GROUPS, pair.labels.groups.tolist(), strict=True) if moves)
        return TestPair(pair.labels.key, pair.labels.task, groups or "none", pair.input, pair.target, pair)

    return TestPairs(read, len(pairs))


def listed_pairs(path: str) -> TestPairs:
    """Real pairs of a CSV or Parquet list with the columns `before` and `uri`. SourceError: one cannot be read.

    Raises:
        ListingError: the file is no such list.
    """
    items = list(list_pairs(path))

    def read(number: int) -> TestPair:
        before, after = read_pictures(str(items[number].before), items[number].uri)
        return TestPair(Path(items[number].uri).stem, "real", "unknown", before, after, None)

    return TestPairs(read, len(items))


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
    renderer = load_renderer(path)
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


def evaluate(pairs: Iterable[TestPair], methods: Mapping[str, Method]) -> Evaluation:
    """Render all pairs by all methods, and compare with the targets. Memory holds the pictures of one pair.

    Raises:
        PredictionError: a prediction is missing, or has another size than its target.
    """
    rows: list[dict[str, object]] = []
    found: dict[tuple[str, str], list[Closeness]] = {}
    looks: dict[tuple[str, str], list[Photographs]] = {}
    targets: dict[str, list[Photographs]] = {}
    for number, pair in enumerate(pairs):
        parts = ("all", f"task {pair.task}", f"groups {pair.groups}")
        target = photographs([pair.target], number)
        for part in parts:
            targets.setdefault(part, []).append(target)
        for name, method in methods.items():
            picture = method(pair)
            one, look = _closeness(pair, picture), photographs([picture], number)
            about = {"key": pair.key, "task": pair.task, "groups": pair.groups, "method": name}
            rows.append({**about, **one._asdict()})
            for part in parts:
                found.setdefault((name, part), []).append(one)
                looks.setdefault((name, part), []).append(look)
    closeness = {key: Closeness.mean(some) for key, some in found.items()}
    likeness = {key: compare(joined(some), joined(targets[key[1]])) for key, some in looks.items()}
    return Evaluation(pa.Table.from_pylist(rows), closeness, likeness)


def _closeness(pair: TestPair, picture: Tensor) -> Closeness:
    if picture.shape != pair.target.shape:
        sizes = " and ".join(f"{one.shape[2]} x {one.shape[1]}" for one in (picture, pair.target))
        raise PredictionError(f"prediction and target of {pair.key} have other sizes: {sizes}")
    return Closeness.of(picture, pair.target)


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
