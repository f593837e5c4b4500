"""How far colours are from those wanted, as a loss: absolute differences of encoded sRGB and of CIELAB."""

from torch import Tensor

from quality.color_difference import ciede2000, srgb_to_lab


def color_loss(colors: Tensor, wanted: Tensor, difference_weight: float) -> Tensor:
    """Mean absolute difference, and a share of the mean CIEDE2000.

    Args:
        colors: encoded sRGB, (B, 3, N), nominally in [0, 1]; slopes are finite outside too.
        wanted: the same shape.
        difference_weight: weight of a CIEDE2000 of 100; 0 leaves the term out.
    """
    loss = (colors - wanted).abs().mean()
    if difference_weight == 0:
        return loss
    labs = srgb_to_lab(colors.clamp(0, 1).float()), srgb_to_lab(wanted.float())
    return loss + difference_weight * ciede2000(*labs).mean() / 100
