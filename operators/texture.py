"""Texture of RLPixTuner: f I + (1 - f) S, S = I * [1 1 1; 1 5 1; 1 1 1] / 13, border pixels untouched. Spatial.

f above 1 sharpens, below 1 smooths. The map is linear and symmetric on the inner pixels. S has its eigenvalues in
[1/13, 1], so those of the map are known too, and an iteration with the best constant step (Richardson's) undoes it,
border and all: its error shrinks to .27 of itself a step at f = 1.8.
"""

from torch import Tensor
from torch.nn.functional import pad

from operators.operator import Operator
from schemas.recipe import ParameterSpec

_STEPS = 14


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Sharpen or smooth (B, 3, H, W). `parameters` (B, 1): f."""
    if min(image.shape[2:]) < 3:  # nothing but border
        return image
    inner = image[..., 1:-1, 1:-1]
    f = parameters[:, :, None, None]
    return image + (1 - f) * pad(_smooth(image) - inner, (1, 1, 1, 1))


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Undo `apply` for f in [1, 1.8], to 1e-6 of the sharpening."""
    f = parameters[:, :, None, None]
    furthest = f + (1 - f) / 13
    step = 2 / (1 + furthest)
    x = image
    for _ in range(_STEPS):
        x = x + step * (image - apply(x, parameters))
    return x


def _smooth(image: Tensor) -> Tensor:
    """The mean of the inner pixels and their neighbours, (B, 3, H - 2, W - 2)."""
    rows = image[..., :-2, :] + image[..., 1:-1, :] + image[..., 2:, :]
    box = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]
    return (box + 4 * image[..., 1:-1, 1:-1]) / 13


TEXTURE = Operator(
    "texture",
    (ParameterSpec("Texture", "light", 0.0, 2.0, "factor", neutral=1.0, safe=(1.0, 1.8)),),
    apply,
    invert,
    spatial=True,
)
