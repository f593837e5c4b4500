"""What each parameter of a recipe does to a picture, as people see it."""

import torch
from torch import Tensor

from operators.process import Process
from operators.residuals import neutral
from pipeline.fitting.sample import Sample
from quality.color_difference import ciede2000, srgb_to_lab


def effects(process: Process, sample: Sample, parameters: Tensor) -> Tensor:
    """Measure each parameter by the colour difference that its return to neutral makes.

    Args:
        sample: the pixels before the edit and their weights.
        parameters: (P,) float64 in the units of the process.

    Returns:
        (P,) float64, weighted mean CIEDE2000 between the sample rendered with all parameters and rendered without the
        one, both clipped to sRGB. Parameters at neutral have 0.
    """
    rest = neutral(process)
    moved = (parameters != rest).nonzero().flatten()
    found = torch.zeros_like(parameters)
    if not len(moved):
        return found
    rows = parameters.repeat(len(moved) + 1, 1)
    rows[torch.arange(len(moved)), moved] = rest[moved]
    images = sample.image.double().expand(len(rows), -1, -1, -1)
    counted = sample.weights > 0
    weights = sample.weights[counted].double()
    lab = srgb_to_lab(process.render(images, rows)[:, :, counted].clamp(0, 1))
    found[moved] = ciede2000(lab[:-1], lab[-1:]) @ weights / weights.sum()
    return found
