"""What can be measured to be wrong with an input: the reasons for an edit.

Each fact is one number with a threshold. Facts about lost detail, casts and dull colours compare the input with its
target: what was lost is what the target shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quality.scene.evidence import mean, ramp, share
from quality.scene.grid import Grid, Mask, lab
from quality.scene.regions import Region

FactName = Literal[
    "shadows hide detail",
    "highlights hide detail",
    "highlights blown",
    "shadows blocked",
    "nothing is white",
    "nothing is black",
    "narrow tonal range",
    "dark",
    "bright",
    "yellow cast",
    "blue cast",
    "magenta cast",
    "green cast",
    "sky outshines the ground",
    "backlit",
    "pale sky",
    "dull greenery",
    "face in shadow",
]

THRESHOLDS: dict[FactName, tuple[float, float]] = {
    "shadows hide detail": (0.05, 0.25),
    "highlights hide detail": (0.03, 0.15),
    "highlights blown": (0.01, 0.1),
    "shadows blocked": (0.02, 0.2),
    "nothing is white": (86, 70),
    "nothing is black": (11, 25),
    "narrow tonal range": (60, 35),
    "dark": (35, 20),
    "bright": (70, 85),
    "yellow cast": (4, 15),
    "blue cast": (4, 15),
    "magenta cast": (4, 15),
    "green cast": (4, 15),
    "sky outshines the ground": (35, 60),
    "backlit": (35, 15),
    "pale sky": (0.75, 0.4),
    "dull greenery": (0.75, 0.4),
    "face in shadow": (10, 30),
}
"""Value from which a fact holds, and value at which it is as strong as it can be. Where the second is the smaller one,
a fact holds below its threshold. The units are those of `Fact.value`."""


@dataclass(frozen=True)
class Fact:
    """A measured fact that holds for an input.

    Attributes:
        name: which fact; `value` says of what number.
        value: for *hide detail*, the share of cells that are nearly black (or white) and flat in the input, and lighter
            (or darker) and textured in the target. *Blown* and *blocked*: the share of pixels within 5 steps of white
            or black. *Nothing is*: L* of the 99.5th or 0.5th percentile of luma. *Range*: the L* from the 1st to the
            99th. *Dark* and *bright*: mean L*. *Casts*: mean a* or b*, without its sign, of what is grey in the target.
            *Sky*: mean L* of the sky minus that of the rest; *backlit*: mean L* of that rest. *Pale* and *dull*:
            mean chroma there, as a share of the target's. *Face*: mean L* of the rest minus that of the skin, where
            this is at least 3 less in the target: what is dark in both is no shadow.
        strength: in [0, 1], in steps of 0.01: 0 at the threshold.
    """

    name: FactName
    value: float
    strength: float


def measure_facts(input: Grid, target: Grid, regions: Sequence[Region]) -> list[Fact]:
    """The facts that hold for an input, the strongest first.

    Args:
        input: the grid of the picture before the edit.
        target: the grid of the picture after it.
        regions: what the target shows, by `quality.scene.regions`.

    Raises:
        ValueError: the grids are not of one shape.
    """
    if input.light.shape != target.light.shape:
        raise ValueError(f"need grids of one shape, got {input.light.shape} and {target.light.shape}")
    values = _tones(input) | _lost_detail(input, target) | _casts(input, target) | _regions(input, target, regions)
    facts = []
    for name, value in values.items():
        threshold, full = THRESHOLDS[name]
        if (value >= threshold) if full > threshold else (value <= threshold):
            facts.append(Fact(name, round(value, 4), round(ramp(value, threshold, full), 2)))
    return sorted(facts, key=lambda fact: -fact.strength)


def _tones(input: Grid) -> dict[FactName, float]:
    below = np.cumsum(input.histogram)
    count = int(below[-1])
    greys, _, _ = lab(np.broadcast_to(np.arange(256, dtype=np.float64), (3, 256)))

    def percentile(thousandths: int) -> float:
        # The first level that this many pixels do not exceed, in whole numbers.
        return float(greys[int(np.searchsorted(below * 1000, thousandths * count))])

    everywhere = np.ones_like(input.light, dtype=np.bool_)
    light = mean(input.light, everywhere)
    return {
        "highlights blown": int(input.histogram[250:].sum()) / count,
        "shadows blocked": int(input.histogram[:6].sum()) / count,
        "nothing is white": percentile(995),
        "nothing is black": percentile(5),
        "narrow tonal range": percentile(990) - percentile(10),
        "dark": light,
        "bright": light,
    }


def _lost_detail(input: Grid, target: Grid) -> dict[FactName, float]:
    appears = target.texture > 1.5 * input.texture + 1
    lifted, lowered = target.light - input.light > 6, input.light - target.light > 3
    return {
        "shadows hide detail": share(appears & lifted & (input.light < 15)),
        "highlights hide detail": share(appears & lowered & (input.light > 92)),
    }


def _casts(input: Grid, target: Grid) -> dict[FactName, float]:
    """Casts of what is grey in the target; clipped cells have lost theirs. None where hardly anything is grey."""
    grey = (target.chroma < 6) & (target.light > 20) & (target.light < 92) & (input.light > 10) & (input.light < 95)
    if share(grey) < 0.02:
        return {}
    green_red, blue_yellow = mean(input.green_red, grey), mean(input.blue_yellow, grey)
    return {
        "yellow cast": blue_yellow,
        "blue cast": -blue_yellow,
        "magenta cast": green_red,
        "green cast": -green_red,
    }


def _regions(input: Grid, target: Grid, regions: Sequence[Region]) -> dict[FactName, float]:
    values: dict[FactName, float] = {}
    for region in regions:
        mask: Mask = region.mask.numpy()
        if region.name.endswith("sky") and region.share < 0.9:
            ground = mean(input.light, ~mask)
            values["sky outshines the ground"] = mean(input.light, mask) - ground
            if values["sky outshines the ground"] >= THRESHOLDS["sky outshines the ground"][0]:
                values["backlit"] = ground
        if region.name == "skin":
            shadow = mean(input.light, ~mask) - mean(input.light, mask)
            if shadow - (mean(target.light, ~mask) - mean(target.light, mask)) >= 3:
                values["face in shadow"] = shadow
        if region.name in ("blue sky", "greenery"):
            before, after = mean(input.chroma, mask), mean(target.chroma, mask)
            if after - before >= 4:  # a smaller difference cannot be seen, whatever its ratio
                values["pale sky" if region.name == "blue sky" else "dull greenery"] = before / after
    return values
