"""Signs that a pair is no global edit of one picture: other content, displacement, an edit of a part.

Each looks at luma or colour on a reduced pair, so that noise, grain and JPEG blocks do not count.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from operators.color_space import luma

_FLAT = 1e-6
"""Mean squared slope of luma, in units of the full range a pixel, below which a picture has no edges to compare."""


def similarity(before: Tensor, after: Tensor) -> float:
    """Agreement of luma edges, in [-1, 1], of two uint8 pictures (3, H, W) reduced to a long side of 256.

    The cosine between the gradients of both, averaged with their lengths as weights. Edits of tone and colour leave
    the directions of edges alone: aligned pairs reach .99, different pictures about 0.
    """
    slopes_1, slopes_2 = (_slopes(_luma(picture, 256)) for picture in (before, after))
    lengths = slopes_1.norm(dim=0) * slopes_2.norm(dim=0)
    if float(lengths.mean()) < _FLAT:
        return 1.0
    return float((slopes_1 * slopes_2).sum() / lengths.sum())


def shift(before: Tensor, rendered: Tensor, after: Tensor) -> float:
    """Displacement of the pictures of a pair, uint8 (3, H, W), in pixels at a long side of 512.

    The median over 6 x 6 windows of the least-squares displacement in each (Lucas and Kanade, 1981), from luma of
    what no edit of colours explains. It tells one pixel from none; of many pixels it finds about two.
    """
    residual, image = _unexplained(before, rendered, after, 512)
    change = luma(residual[None])[0]
    dx, dy = _slopes(luma(image[None])[0] + change / 2)
    change = change[1:-1, 1:-1]
    products = torch.stack([dx * dx, dy * dy, dx * dy, dx * change, dy * change])
    xx, yy, xy, xc, yc = F.adaptive_avg_pool2d(products, 6)
    xx, yy = xx + 1e-5, yy + 1e-5  # a window without edges says 0
    determinant = xx * yy - xy * xy
    distance = torch.hypot(yy * xc - xy * yc, xx * yc - xy * xc) / determinant
    return float(distance.median())


def local_residual(before: Tensor, rendered: Tensor, after: Tensor) -> float:
    """What a fit leaves that goes with the place, in 8-bit steps, of uint8 pictures (3, H, W).

    The root mean square over 8 x 8 blocks of the picture of the unexplained residual, each averaged. Global edits of
    experts leave less than 1; a quarter of a picture lifted by 0.2 EV leaves 1.6 to 5.
    """
    residual, _ = _unexplained(before, rendered, after, 192)
    return float(255 * F.adaptive_avg_pool2d(residual, 8).square().mean().sqrt())


def _unexplained(before: Tensor, rendered: Tensor, after: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """What no global edit could do: residual without the part that is a function of colour, and the rendered picture
    with that part.

    A process that cannot make an edit leaves a residual that depends on the colour before. So the best cubic
    polynomial of that colour is taken out.
    """
    pixels, image, target = (_reduced(picture, side) for picture in (before, rendered, after))
    residual = (target - image).flatten(1).T
    # In double precision: the terms of a grey picture are copies of one another.
    terms = _cubic(pixels.flatten(1).T).double()
    damped = terms.T @ terms + 1e-3 * torch.eye(terms.shape[1], dtype=torch.float64)
    explained = (terms @ torch.linalg.solve(damped, terms.T @ residual.double())).float()
    return (residual - explained).T.reshape(pixels.shape), image + explained.T.reshape(pixels.shape)


def _cubic(colors: Tensor) -> Tensor:
    """The 20 monomials of degree 0 to 3 of (N, 3) colours, (N, 20)."""
    with_one = torch.cat([torch.ones_like(colors[:, :1]), colors], dim=1)
    triples = torch.combinations(torch.arange(4), 3, with_replacement=True)
    return with_one[:, triples].prod(2)


def _slopes(plane: Tensor) -> Tensor:
    """Central differences along x and y of the inner pixels, (H, W) to (2, H - 2, W - 2)."""
    dx = (plane[1:-1, 2:] - plane[1:-1, :-2]) / 2
    dy = (plane[2:, 1:-1] - plane[:-2, 1:-1]) / 2
    return torch.stack([dx, dy])


def _luma(picture: Tensor, side: int) -> Tensor:
    return luma(_reduced(picture, side).unsqueeze(0))[0]


def _reduced(picture: Tensor, side: int) -> Tensor:
    """uint8 (3, H, W) as floats in [0, 1], reduced to a long side of `side` where it is larger."""
    scale = side / max(picture.shape[1:])
    pixels = picture.float() / 255
    if scale >= 1:
        return pixels
    size = [max(3, round(length * scale)) for length in picture.shape[1:]]
    return F.interpolate(pixels[None], size=size, mode="bilinear", antialias=True, align_corners=False)[0]
