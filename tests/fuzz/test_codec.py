"""Damaged pictures of data sets: they are decoded, or refused."""

import struct
import zlib
from contextlib import suppress

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.images.codec import decode, encode
from schemas.config import ImageConfig
from schemas.sample import ImageFormat
from tests.fuzz.mutations import damaged

PIXELS = torch.randint(0, 256, (3, 24, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("image_format", ["jpeg", "png", "webp"])
@given(number=st.integers(0, 2**32))
def test_damaged_pictures(image_format: ImageFormat, number: int) -> None:
    data = damaged([encode(PIXELS, ImageConfig(format=image_format))], number)
    with suppress(ValueError):
        assert max(decode(data, image_format).shape) <= 8192


@pytest.mark.parametrize("image_format", ["jpeg", "png"])
def test_a_header_makes_no_room_for_what_it_claims(image_format: ImageFormat) -> None:
    data = encode(PIXELS, ImageConfig(format=image_format))
    if image_format == "jpeg":
        claiming = data.replace(struct.pack(">2H", 24, 32), struct.pack(">2H", 65_500, 65_500))
    else:
        header = b"IHDR" + struct.pack(">2I", 9_000, 9_000) + data[24:29]
        claiming = data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
    with pytest.raises(ValueError, match="no stored picture has a side of more than 8192"):
        decode(claiming, image_format)
