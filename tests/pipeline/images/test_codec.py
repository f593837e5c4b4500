"""Stored pictures come back: exactly from PNG and WebP, nearly from JPEG; equal pixels give equal bytes."""

import pytest
from torch import Tensor

from pipeline.images.codec import decode, encode
from schemas.config import ImageConfig


@pytest.mark.parametrize("image_format", ["png", "webp"])
def test_lossless_formats(photos: dict[str, Tensor], image_format: str) -> None:
    picture = photos["chelsea"]
    data = encode(picture, ImageConfig(format=image_format))  # type: ignore[arg-type]
    assert decode(data, image_format).equal(picture)


def test_jpeg_is_close_and_closer_with_full_chroma(photos: dict[str, Tensor]) -> None:
    picture = photos["coffee"]

    def error(subsampling: str) -> float:
        config = ImageConfig(format="jpeg", quality=95, subsampling=subsampling)  # type: ignore[arg-type]
        return (decode(encode(picture, config), "jpeg").float() - picture.float()).square().mean().item()

    assert error("4:4:4") < error("4:2:2") < error("4:2:0") < 20
    assert error("4:4:4") < 8


@pytest.mark.parametrize("image_format", ["jpeg", "png", "webp"])
def test_equal_pixels_give_equal_bytes(photos: dict[str, Tensor], image_format: str) -> None:
    config = ImageConfig(format=image_format)  # type: ignore[arg-type]
    picture = photos["china"]
    assert encode(picture, config) == encode(picture.clone(), config)


def test_broken_bytes_do_not_decode() -> None:
    with pytest.raises(ValueError):
        decode(b"no picture", "jpeg")
