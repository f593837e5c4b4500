"""Colour spaces that a file names by code points (ITU-T H.273) instead of an ICC profile, as phones do."""

from functools import cache

import imagecodecs
import torch

from operators.color_space import srgb_to_linear
from schemas.source import SourceError

_UNSPECIFIED = 2
_SRGB_PRIMARIES = {1, 5, 6, _UNSPECIFIED}
"""BT.709, and BT.601, which differs from it by less than displays do."""
_SDR_TRANSFERS = {1, 6, 13, _UNSPECIFIED}
_DISPLAY_P3 = 12

_D65 = (0.3127, 0.3290, 1.0)
_P3 = (0.680, 0.320, 1.0, 0.265, 0.690, 1.0, 0.150, 0.060, 1.0)
"""SMPTE EG 432-1: x, y and Y of red, green and blue."""


def profile_of(primaries: int, transfer: int) -> bytes | None:
    """The ICC profile that code points stand for; None for sRGB.

    Raises:
        SourceError: `unsupported_format` for HDR and for rare primaries, which would be decoded to wrong colours.
    """
    if transfer not in _SDR_TRANSFERS:
        raise SourceError("unsupported_format", f"HDR (transfer characteristics {transfer}) without an ICC profile")
    if primaries in _SRGB_PRIMARIES:
        return None
    if primaries == _DISPLAY_P3:
        return _display_p3()
    raise SourceError("unsupported_format", f"colour primaries {primaries} without an ICC profile")


def profile_in(data: bytes) -> bytes | None:
    """The profile of the first `nclx` colour box of an ISO media file; None where it has none, or names sRGB.

    Raises:
        SourceError: as `profile_of`.
    """
    start = data.find(b"colrnclx")
    if start < 0:
        return None
    primaries, transfer = (int.from_bytes(data[start + at : start + at + 2], "big") for at in (8, 10))
    return profile_of(primaries, transfer)


@cache
def _display_p3() -> bytes:
    curve = srgb_to_linear(torch.linspace(0, 1, 4096, dtype=torch.float64)).float().numpy()
    profile: bytes = imagecodecs.cms_profile("rgb", whitepoint=_D65, primaries=_P3, transferfunction=curve)
    return profile
