"""How near pictures come to those that are wanted, pair by pair, and by part of the data: all, each task, each group.

Nothing is kept of a pair but numbers, so a comparison takes as much memory for a million pairs as for a thousand.
"""

from collections import Counter, defaultdict
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.training.compare import Closeness
from pipeline.training.evaluation import PredictionError, TestPair
from quality.realism.likeness import Photographs, compare, photographs
from quality.scorers.scorer import Compared, Scorer

SAMPLE = 1000
"""Most pictures of a part whose histograms and colours are compared: of more, so many are drawn at random."""

_WANTED = "target"


class Statistics(NamedTuple):
    """What is kept of pictures of one method and one part: sums of measures, and colour statistics of a sample."""

    sums: dict[str, float]
    sample: list[Photographs]


class Comparison:
    """Measures of methods' pictures against targets.

    Args:
        lpips: a scorer of LPIPS; None leaves it out.
        sample: see `SAMPLE`.
    """

    def __init__(self, lpips: Scorer | None, sample: int = SAMPLE) -> None:
        self.measures = (*Closeness._fields, *(["lpips"] if lpips else []))
        """Names of what is measured."""
        self._lpips = lpips
        self._most = sample
        self._found: dict[tuple[str, str], Statistics] = defaultdict(
            lambda: Statistics(dict.fromkeys(self.measures, 0.0), [])
        )
        self._counts: Counter[str] = Counter()
        self._random = torch.Generator().manual_seed(0)

    def add(self, pair: TestPair, pictures: dict[str, Tensor]) -> list[dict[str, object]]:
        """Compare the pictures that methods made of a pair, uint8 (3, H, W) each.

        Returns:
            One row a method: `key`, `task`, `groups`, `method`, `psnr`, `ssim`, `de00` and, with its scorer, `lpips`.

        Raises:
            PredictionError: a picture has another size than the target, or LPIPS gives no number for it.
        """
        measures = {method: self._measure(pair, picture) for method, picture in pictures.items()}
        looks = {name: photographs([picture]) for name, picture in {**pictures, _WANTED: pair.target}.items()}
        for part in ("all", f"task {pair.task}", f"groups {pair.groups}"):
            place = self._place(part)
            for name, look in looks.items():
                statistics = self._found[name, part]
                for measure, value in measures.get(name, {}).items():
                    statistics.sums[measure] += value
                if place < self._most:
                    statistics.sample[place : place + 1] = [look]  # in its place, or at the end
        about = {"key": pair.key, "task": pair.task, "groups": pair.groups}
        return [{**about, "method": method, **found} for method, found in measures.items()]

    def table(self) -> list[dict[str, object]]:
        """One row a part and method: means of the measures, and how alike pictures and targets are (`Likeness`)."""
        order = sorted(self._counts, key=lambda part: (part != "all", not part.startswith("task"), part))
        methods = list(dict.fromkeys(method for method, _ in self._found if method != _WANTED))
        return [self._row(part, method) for part in order for method in methods]

    def _row(self, part: str, method: str) -> dict[str, object]:
        found, wanted = self._found[method, part], self._found[_WANTED, part]
        means = {name: total / self._counts[part] for name, total in found.sums.items()}
        likeness = compare(_joined(found.sample), _joined(wanted.sample))
        return {"part": part, "method": method, **means, **vars(likeness)}

    def _measure(self, pair: TestPair, picture: Tensor) -> dict[str, float]:
        if picture.shape != pair.target.shape:
            sizes = " and ".join(f"{one.shape[2]} x {one.shape[1]}" for one in (picture, pair.target))
            raise PredictionError(f"prediction and target of {pair.key} have other sizes: {sizes}")
        measured = Closeness.of(picture, pair.target)._asdict()
        if self._lpips is not None:
            distance = self._lpips.score([picture, pair.target], [Compared(0, 1)])[0]["lpips"]
            if distance is None:
                raise PredictionError(f"LPIPS gives no number for {pair.key}; is the picture too small for it?")
            measured["lpips"] = distance
        return measured

    def _place(self, part: str) -> int:
        """Where a pair goes in the sample of a part; beyond its end, it is left out (Vitter's algorithm R, 1985)."""
        seen = self._counts[part]
        self._counts[part] += 1
        return seen if seen < self._most else int(torch.randint(seen + 1, (), generator=self._random))


def _joined(sample: list[Photographs]) -> Photographs:
    return Photographs(torch.cat([one.patches for one in sample]), torch.cat([one.colors for one in sample]))
