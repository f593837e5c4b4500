"""Decoding: every promise of `pipeline.images.decode`, on files made from a real photograph."""

import io
import struct
import zlib
from collections.abc import Callable

import imagecodecs
import numpy as np
import pytest
import skimage.data
import tifffile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms
from torch import Tensor

from pipeline.images.decode import decode, orient
from pipeline.images.decoded import Decoded, camera_name
from schemas.config import ImageConfig
from schemas.source import SourceError

FULL = ImageConfig(long_side=8192, min_short_side=16)
PHOTO: NDArray[np.uint8] = skimage.data.coffee()[:256, :320]


def save(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def read(data: bytes, name: str = "x", image: ImageConfig = FULL) -> NDArray[np.uint8]:
    return decode(data, name, image).pixels.permute(1, 2, 0).numpy()


def reason(data: bytes, name: str = "x", image: ImageConfig = FULL) -> str:
    with pytest.raises(SourceError) as caught:
        decode(data, name, image)
    assert caught.value.detail
    return caught.value.reason


def mean_error(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(np.abs(a.astype(float) - b).mean())


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_lossless_formats_give_the_pixels_back(kind: str) -> None:
    found = decode(save(Image.fromarray(PHOTO), kind, lossless=True), "x", FULL)
    assert found.format == kind
    assert (found.width, found.height) == (320, 256)
    assert np.array_equal(found.pixels.permute(1, 2, 0).numpy(), PHOTO)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_agrees_with_pillow(subsampling: int, progressive: bool) -> None:
    data = save(Image.fromarray(PHOTO), "JPEG", quality=90, subsampling=subsampling, progressive=progressive)
    with Image.open(io.BytesIO(data)) as picture:
        assert mean_error(read(data), np.array(picture)) < 0.01
    assert decode(data, "x", FULL).format == "JPEG"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_grey_becomes_three_equal_channels(kind: str) -> None:
    grey = Image.fromarray(PHOTO).convert("L")
    pixels = read(save(grey, kind, quality=100, lossless=True))
    assert pixels.shape == PHOTO.shape
    assert np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(pixels[..., 0], pixels[..., 2])
    assert mean_error(pixels[..., 0], np.array(grey)) < 0.5


def deep_tiff(planar: str, **options: object) -> bytes:
    deep = PHOTO.astype(np.uint16) * 256 + 200
    file = io.BytesIO()
    stored = deep if planar == "contig" else np.moveaxis(deep, 2, 0)
    tifffile.imwrite(file, stored, photometric="rgb", planarconfig=planar, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("planar", "options"),
    [
        ("contig", {}),
        ("contig", {"byteorder": ">"}),
        ("contig", {"bigtiff": True}),
        ("contig", {"tile": (64, 64)}),
        ("contig", {"compression": "zlib", "predictor": True}),
        ("contig", {"compression": "zlib", "byteorder": ">"}),
        ("separate", {"compression": "zlib"}),
    ],
)
def test_16_bit_tiff_keeps_the_upper_byte(planar: str, options: dict[str, object]) -> None:
    assert np.array_equal(read(deep_tiff(planar, **options)), PHOTO)


def test_16_bit_tiff_that_pillow_would_misread_is_rejected() -> None:
    assert reason(deep_tiff("separate")) == "unsupported_format"


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_keeps_the_upper_byte(kind: str) -> None:
    deep = PHOTO[..., 1].astype(np.uint16) * 256 + 200
    assert np.array_equal(read(save(Image.fromarray(deep), kind))[..., 2], PHOTO[..., 1])


def test_16_bit_png_keeps_the_upper_byte() -> None:
    rows = PHOTO.astype(">u2") * 256 + 200
    body = b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows)
    assert np.array_equal(read(png(320, 256, 16, 2, body)), PHOTO)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_samples_without_a_white_are_rejected(dtype: type) -> None:
    assert reason(save(Image.fromarray(PHOTO[..., 0].astype(dtype)), "TIFF")) == "unsupported_format"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_orientation_is_applied(orientation: int, kind: str) -> None:
    # The inverse of each orientation, as operations of NumPy on (H, W, 3).
    stored = {
        1: PHOTO, 2: PHOTO[:, ::-1], 3: PHOTO[::-1, ::-1], 4: PHOTO[::-1],
        5: PHOTO.transpose(1, 0, 2), 6: np.rot90(PHOTO, 1), 7: np.rot90(PHOTO, 2).transpose(1, 0, 2),
        8: np.rot90(PHOTO, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = save(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif, quality=95, lossless=True)
    found = decode(data, "x", FULL)
    assert (found.width, found.height) == (320, 256)
    assert mean_error(found.pixels.permute(1, 2, 0).numpy(), PHOTO) < 4


def test_orientation_that_does_not_exist_changes_nothing() -> None:
    pixels = torch.arange(24, dtype=torch.uint8).reshape(3, 2, 4)
    assert torch.equal(orient(pixels, 9), pixels)


def expected_srgb(encoded: NDArray[np.uint8], matrix: list[list[float]], gamma: float) -> NDArray[np.float64]:
    """Colours of a matrix profile in sRGB, by the definition of both, in double precision."""
    xyz = (encoded / 255) ** gamma @ np.array(matrix).T
    srgb = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
    linear = np.clip(xyz @ np.linalg.inv(srgb).T, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


# RGB to XYZ under D50 (columns are the colourants), and gamma, as published profiles have them.
SPACES = {
    "Display P3": ([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]], 2.2),
    "Adobe RGB": ([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]], 2.2),
    "ProPhoto": ([[0.79767, 0.13519, 0.03135], [0.28804, 0.71188, 0.00009], [0.0, 0.0, 0.82491]], 1.8),
}


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_profiles_are_converted(space: str, kind: str, matrix_profile: Callable[..., bytes]) -> None:
    profile = matrix_profile(*SPACES[space])
    data = save(Image.fromarray(PHOTO), kind, quality=95, lossless=True, icc_profile=profile)
    plain = read(save(Image.fromarray(PHOTO), kind, quality=95, lossless=True))
    expected = expected_srgb(plain, *SPACES[space])
    assert np.abs(plain - expected).mean() > 3  # or the test would show nothing
    assert np.abs(read(data) - expected).mean() < 0.6
    assert np.percentile(np.abs(read(data) - expected), 99) < 2.5


def test_a_profile_of_srgb_moves_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(read(save(Image.fromarray(PHOTO), "PNG", icc_profile=profile)), PHOTO)


def test_grey_profile_is_converted(grey_profile: bytes) -> None:
    grey = Image.fromarray(PHOTO).convert("L")
    linear = np.array(grey) / 255
    expected = 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    for kind in ("PNG", "JPEG"):
        found = read(save(grey, kind, quality=100, icc_profile=grey_profile))[..., 1]
        assert np.abs(found - expected).mean() < 1.5


def test_grey_picture_with_a_colour_profile_is_read_as_colour(matrix_profile: Callable[..., bytes]) -> None:
    grey = Image.fromarray(PHOTO).convert("L")
    profile = matrix_profile(*SPACES["Display P3"])
    assert np.array_equal(
        read(save(grey, "PNG", icc_profile=profile)), read(save(grey.convert("RGB"), "PNG", icc_profile=profile))
    )


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_needs_its_profile(kind: str, cmyk_profile: bytes) -> None:
    ink = np.zeros((64, 64, 4), np.uint8)
    ink[:, 32:, 3] = 128  # the right half gets half of black
    picture = Image.fromarray(ink, "CMYK")
    assert reason(save(picture, kind, quality=100)) == "unsupported_format"
    pixels = read(save(picture, kind, quality=100, icc_profile=cmyk_profile))
    assert np.all(pixels[:, :24] >= 253)
    # Half of black is lightness 50, which is a linear luminance of 18.4 %: sRGB 119.
    assert np.all(np.abs(pixels[:, 40:].astype(int) - 119) <= 3)


def test_a_profile_that_does_not_fit_is_corrupt(cmyk_profile: bytes) -> None:
    assert reason(save(Image.fromarray(PHOTO), "PNG", icc_profile=cmyk_profile)) == "corrupt"
    assert reason(save(Image.fromarray(PHOTO), "PNG", icc_profile=b"no profile" * 30)) == "corrupt"


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_alpha_is_laid_over_white(kind: str) -> None:
    alpha = np.full((256, 320, 1), 255, np.uint8)
    alpha[:, :100], alpha[:, 100:200] = 0, 128
    data = save(Image.fromarray(np.dstack([PHOTO, alpha])), kind, lossless=True, exact=True)
    share = alpha / 255
    expected = PHOTO * share + 255 * (1 - share)
    assert np.abs(read(data) - expected).max() <= 1
    assert np.array_equal(read(data)[:, 200:], PHOTO[:, 200:])


def test_alpha_and_profile_go_together(matrix_profile: Callable[..., bytes]) -> None:
    profile = matrix_profile(*SPACES["Adobe RGB"])
    half = Image.fromarray(PHOTO)
    half.putalpha(0)
    assert np.all(read(save(half, "PNG", icc_profile=profile)) == 255)
    half.putalpha(255)
    opaque = read(save(half, "PNG", icc_profile=profile))
    assert np.array_equal(opaque, read(save(Image.fromarray(PHOTO), "PNG", icc_profile=profile)))


def test_grey_with_alpha_is_laid_over_white() -> None:
    grey = Image.fromarray(PHOTO).convert("LA")
    grey.putalpha(0)
    assert np.all(read(save(grey, "PNG")) == 255)


def test_palettes_are_expanded() -> None:
    palette = Image.fromarray(PHOTO).quantize(64)
    assert np.array_equal(read(save(palette, "PNG")), np.array(palette.convert("RGB")))
    index = palette.getpixel((5, 5))
    assert np.all(read(save(palette, "PNG", transparency=index))[5, 5] == 255)


def test_pictures_without_tones_are_rejected() -> None:
    assert reason(save(Image.fromarray(PHOTO).convert("1"), "PNG")) == "unsupported_format"


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_animations_give_their_first_frame(kind: str) -> None:
    others = [Image.fromarray(255 - PHOTO), Image.fromarray(PHOTO[::-1])]
    data = save(Image.fromarray(PHOTO), kind, save_all=True, append_images=others, lossless=True)
    assert np.array_equal(read(data), PHOTO)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_truncated_files_are_corrupt(kind: str, share: float) -> None:
    data = save(Image.fromarray(PHOTO), kind, quality=90)
    assert reason(data[: int(len(data) * share)]) == "corrupt"


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_jpeg_that_was_truncated_and_closed_is_corrupt(mode: str) -> None:
    data = save(Image.fromarray(PHOTO).convert(mode), "JPEG")
    assert reason(data[: len(data) // 2] + b"\xff\xd9") == "corrupt"


def png(width: int, height: int, depth: int, color: int, rows: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_bombs_are_stopped_before_they_are_decoded() -> None:
    # The data behind these headers is missing: had it been looked at, the reason would be another.
    assert reason(png(60_000, 60_000, 8, 2, b"")) == "too_large"
    jpeg = bytearray(save(Image.fromarray(PHOTO), "JPEG"))
    size = jpeg.index(b"\xff\xc0") + 5
    jpeg[size : size + 4] = struct.pack(">HH", 60_000, 60_000)
    assert reason(bytes(jpeg)) == "too_large"
    webp = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff\xff\xff" + b"\xff\xff\x00"
    assert reason(b"RIFF" + struct.pack("<I", len(webp)) + webp) in ("too_large", "corrupt")


def test_bounds_come_from_the_config() -> None:
    data = save(Image.fromarray(PHOTO), "PNG")
    assert reason(data, image=ImageConfig(max_pixels=320 * 256 - 1)) == "too_large"
    assert reason(data, image=ImageConfig(min_short_side=257)) == "too_small"
    assert decode(data, "x", ImageConfig(max_pixels=320 * 256, min_short_side=256)).width == 320


def test_pixels_are_reduced_but_the_size_is_the_sources() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = decode(save(Image.fromarray(PHOTO), "JPEG", exif=exif), "x", ImageConfig(long_side=160, min_short_side=16))
    assert (found.width, found.height) == (256, 320)
    assert found.pixels.shape == (3, 160, 128)


def test_what_leaves_the_exif_is_the_camera() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x9286] = "NIKON CORPORATION\0", "NIKON\nD70", b"ASCII\0\0\0secret"
    exif.get_ifd(0x8825)[2] = (59.0, 54.0, 3.0)  # GPS latitude
    found = decode(save(Image.fromarray(PHOTO), "JPEG", exif=exif), "x", FULL)
    assert found.camera == "NIKON D70"
    assert set(vars(found)) == {"pixels", "width", "height", "format", "camera"}


def test_broken_exif_counts_as_absent() -> None:
    data = save(Image.fromarray(PHOTO), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert decode(data, "x", FULL).camera is None


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"), ("LEICA", "M (Typ 240)", "LEICA M (Typ 240)"),
        (None, "X100", "X100"), ("Sony", None, "Sony"), (None, None, None), (b"Acme\0junk", 7, "Acme"), 
        (" ", "\n", None),
    ],
)  # fmt: skip
def test_camera_name(make: object, model: object, name: str | None) -> None:
    assert camera_name(make, model) == name


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "TIFF", "WEBP"]), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255))))
def test_damage_gives_a_picture_or_a_reason(kind: str, damage: list[tuple[float, int]]) -> None:
    data = bytearray(SMALL[kind])
    for place, value in damage:
        data[int(place * (len(data) - 1))] = value
    try:
        found: Decoded | None = decode(bytes(data), "x", FULL)
    except SourceError:
        found = None
    assert found is None or (found.pixels.dtype == torch.uint8 and found.pixels.ndim == 3)


SMALL = {kind: save(Image.fromarray(PHOTO[:64, :64]), kind) for kind in ("JPEG", "PNG", "TIFF", "WEBP")}


def test_decoding_twice_gives_equal_pixels(photos: dict[str, Tensor]) -> None:
    data = save(Image.fromarray(photos["china"].permute(1, 2, 0).numpy()), "JPEG")
    small = ImageConfig(long_side=200)
    assert torch.equal(decode(data, "x", small).pixels, decode(data, "x", small).pixels)


def test_what_would_take_too_much_memory_is_rejected_by_its_header() -> None:
    photo = save(Image.fromarray(PHOTO), "PNG")
    exactly = FULL.model_copy(update={"max_memory": 256 * 320 * 8})
    assert decode(photo, "x", exactly).width == 320
    less = FULL.model_copy(update={"max_memory": exactly.max_memory - 1})
    with pytest.raises(SourceError, match=r"too_large: .*320 x 256 .*image\.max_memory"):
        decode(photo, "x", less)
    assert decode(save(Image.fromarray(PHOTO), "JPEG"), "x", less).width == 320  # takes 7 bytes a pixel


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "L", "P", "I;16"])
@pytest.mark.parametrize("profile", [False, True])
def test_bands_change_no_byte(mode: str, profile: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if mode == "P":
        picture = Image.fromarray(PHOTO).quantize(64)
        picture.info["transparency"] = 3
    elif mode == "I;16":
        picture = Image.fromarray(PHOTO[..., 0].astype(np.uint16) * 257)
    else:
        picture = Image.fromarray(PHOTO).convert(mode)
        if "A" in mode:
            picture.putalpha(Image.fromarray(PHOTO[..., 1]))
    adobe = imagecodecs.cms_profile("adobergb") if profile and mode in ("RGB", "RGBA") else None
    data = save(picture, "PNG", **({"icc_profile": adobe} if adobe else {}))
    whole = read(data)
    monkeypatch.setattr("pipeline.images.decoded._BAND", 3 * 320 + 7)
    assert np.array_equal(read(data), whole)


def test_bands_of_deep_pictures_change_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = np.dstack([PHOTO, PHOTO[..., 0]]).astype(np.uint16) * 257
    data = bytes(imagecodecs.jpegxl_encode(deep, lossless=True))
    whole = read(data)
    monkeypatch.setattr("pipeline.images.decoded._BAND", 1)
    assert np.array_equal(read(data), whole)
