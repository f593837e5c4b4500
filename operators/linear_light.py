"""Ways into linear light and back, for processes whose operators work there.

The process `exposure/1` lists DECODE first and ENCODE last: its filters are written for linear input, and pictures are
encoded sRGB. Between the two, an operator sees linear light of sRGB primaries, 0 black, 1 white.
"""

from torch import Tensor

from operators.color_space import linear_to_srgb, srgb_to_linear
from operators.operator import Operator


def decode(image: Tensor, _parameters: Tensor) -> Tensor:
    """Encoded sRGB to linear light; takes no parameters, (B, 0)."""
    return srgb_to_linear(image)


def encode(image: Tensor, _parameters: Tensor) -> Tensor:
    """Linear light to encoded sRGB; takes no parameters, (B, 0)."""
    return linear_to_srgb(image)


DECODE = Operator("decode", (), decode, encode)
ENCODE = Operator("encode", (), encode, decode)
