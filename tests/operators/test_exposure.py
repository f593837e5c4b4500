from itertools import pairwise

import numpy as np
import pytest
import torch
from skimage import color, data
from torch import Tensor

from operators.exposure import EXPOSURE


def pixels() -> Tensor:
    return torch.from_numpy(data.astronaut()[::8, ::8] / 255.0).permute(2, 0, 1).flatten(1).unsqueeze(0)


def luminance(image: Tensor) -> np.ndarray:
    """Relative luminance (CIE Y), by an independent implementation."""
    result: np.ndarray = color.rgb2xyz(image[0].T.numpy())[:, 1]
    return result


@pytest.mark.parametrize("stops", [-3.0, -1.0, 0.5])
def test_a_stop_doubles_the_light(stops: float) -> None:
    image = 0.8 * pixels()
    result = EXPOSURE.apply(image, torch.tensor([[stops]], dtype=torch.float64))
    assert np.allclose(luminance(result), 2**stops * luminance(image), atol=1e-6)


def test_more_exposure_brightens_every_pixel() -> None:
    image = pixels().clamp(min=1 / 255)
    steps = [
        EXPOSURE.apply(image, torch.tensor([[ev]], dtype=torch.float64)) for ev in (-5.0, -1.0, 0.0, 0.1, 2.0, 5.0)
    ]
    for darker, brighter in pairwise(steps):
        assert (brighter > darker).all()


def test_black_stays_black() -> None:
    assert torch.equal(EXPOSURE.apply(torch.zeros(1, 3, 1), torch.tensor([[5.0]])), torch.zeros(1, 3, 1))
