"""Pictures made of known parts, uint8 (3, H, W): gradients with the noise of a camera, and real grass, coloured."""

import numpy as np
import torch
from numpy.typing import NDArray
from skimage import data
from torch import Tensor

Rgb = tuple[float, float, float]


def wash(top: Rgb, bottom: Rgb, height: int = 256, width: int = 384) -> NDArray[np.float64]:
    """A vertical gradient with a little noise, (H, W, 3)."""
    down = np.linspace(0, 1, height)[:, None, None]
    noise = np.random.default_rng(0).normal(0, 1.5, (height, width, 3))
    return np.asarray((1 - down) * np.array(top) + down * np.array(bottom) + noise)


def meadow(height: int = 256, width: int = 384) -> NDArray[np.float64]:
    """A photograph of grass, which is grey in scikit-image, in a colour of grass, (H, W, 3)."""
    grass = data.grass()[:height, :width]
    return np.asarray(grass[..., None] * np.array([0.75, 0.95, 0.35]))


def picture(*parts: NDArray[np.float64]) -> Tensor:
    """Parts of one width below each other."""
    stacked = np.concatenate(parts).clip(0, 255).round().astype(np.uint8)
    return torch.from_numpy(stacked).permute(2, 0, 1).contiguous()


def landscape() -> Tensor:
    """A clear sky over grass."""
    return picture(wash((70, 125, 200), (165, 200, 230), 160), meadow(160))


def portrait(eyes: tuple[int, ...] = (130, 190)) -> Tensor:
    """A drawn face before grey: it has the proportions of one, and soft shadows at its mouth and its eyes.

    Args:
        eyes: their columns.
    """
    rows, columns = np.mgrid[0:320, 0:320].astype(np.float64)

    def spot(row: float, column: float, height: float, width: float) -> NDArray[np.float64]:
        distance = ((rows - row) / height) ** 2 + ((columns - column) / width) ** 2
        return np.asarray(np.exp(-distance))

    shade = sum(0.65 * spot(140, column, 12, 18) for column in eyes) + 0.35 * spot(213, 160, 10, 28)
    skin = np.array([222, 170, 140]) * (1 - shade)[..., None]
    face = ((rows - 165) / 95) ** 2 + ((columns - 160) / 72) ** 2 < 1
    noise = np.random.default_rng(0).normal(0, 2, skin.shape)
    return picture(np.where(face[..., None], skin, np.array([70, 75, 80])) + noise)
