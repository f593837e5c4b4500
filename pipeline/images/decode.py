"""Source files to upright, display-referred, 8-bit sRGB of the wanted size. One rule for each thing a file may hold:

* Formats: JPEG, PNG, TIFF, WebP, HEIC, AVIF, JPEG XL, JPEG 2000, BMP, GIF and camera RAW (see `pipeline.images.raw`),
  told apart by their first bytes.
* Broken files: everything is decoded, and what a decoder objects to is rejected as `corrupt`. libjpeg-turbo's
  warnings count as objections: it would fill what is missing with grey.
* EXIF orientation is applied. EXIF that cannot be read counts as absent. Only make and model leave the EXIF.
* ICC profiles are converted to sRGB by LittleCMS, relative colorimetric with black-point compensation. So are the
  colour code points of HEIC and AVIF, of which HDR is rejected. A picture without either is taken as sRGB. A CMYK
  picture without a profile is rejected: its colours are not defined.
* HEIC, AVIF and JPEG XL of more than 8 bits keep their bits until the colours are converted (`pipeline.images.deep`).
  16-bit samples of other formats keep their upper byte, before anything else is done: at most one 8-bit step off, and
  the target is stored in 8 bits. 32-bit integers and floats are rejected: they do not say what is white.
* Alpha: the picture is laid over white, as Lightroom and a JPEG export do. It is not part of the data set.
* Palettes are expanded to RGB, grey to three equal channels. Pictures of one bit a pixel are rejected: they have no
  tones to retouch.
* Animations and files of several pages give their first frame.
* Size: reduced to `image.long_side` by `operators.resize.resize`; nothing is enlarged.
"""

import io
from collections.abc import Callable

import imagecodecs
import numpy as np
import simplejpeg
import torch
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from PIL.ExifTags import Base as Tag
from torch import Tensor

from operators.resize import resize
from pipeline.images.cicp import profile_in
from pipeline.images.color import is_srgb, to_srgb
from pipeline.images.decoded import Decoded, camera_name, check_size, orient
from pipeline.images.deep import deep_to_srgb
from pipeline.images.formats import READ_ERRORS, identify
from pipeline.images.heif import decode_heif
from pipeline.images.jxl import decode_jxl
from pipeline.images.raw import develop
from schemas.config import ImageConfig
from schemas.source import SourceError

# Pillow's file classes are called by name: no other parser of Pillow sees a byte, and our bound on pixels counts,
# not Pillow's global one.
_OPENERS: dict[str, tuple[Callable[[io.BytesIO], Image.Image], int]] = {
    "JPEG": (JpegImagePlugin.JpegImageFile, 13),
    "PNG": (PngImagePlugin.PngImageFile, 8),
    "TIFF": (TiffImagePlugin.TiffImageFile, 8),
    "WEBP": (WebPImagePlugin.WebPImageFile, 17),
    "AVIF": (AvifImagePlugin.AvifImageFile, 17),
    "JPEG 2000": (Jpeg2KImagePlugin.Jpeg2KImageFile, 25),
    "BMP": (BmpImagePlugin.BmpImageFile, 8),
    "GIF": (GifImagePlugin.GifImageFile, 8),
}
"""How a format is opened, and the bytes a pixel that decoding it takes, in the costliest of its kinds."""

_COMMON_JPEG = 7
"""Bytes a pixel of a JPEG that simplejpeg decodes: most are the coefficients of a progressive one."""

_DECODERS: dict[str, Callable[[bytes, ImageConfig], Decoded]] = {"HEIF": decode_heif, "JXL": decode_jxl}
"""Formats that have a decoder of their own."""

_UNUSUAL = ("unknown pixel mode", "cannot handle", "unknown data organization", "Unsupported BMP")
"""How Pillow says that a file is sound but of a kind that it does not decode."""

_SIDEWAYS = (5, 6, 7, 8)


def decode(data: bytes, uri: str, image: ImageConfig) -> Decoded:
    """Decode a source.

    Args:
        data: the file's bytes.
        uri: the name they came from; only its ending is used, to tell RAW from TIFF.
        image: bounds on the size of sources, and the long side to which they are reduced.

    Raises:
        SourceError: `unsupported_format`, `not_an_image`, `too_large`, `too_small` or `corrupt`.
    """
    kind = identify(data, uri)
    if kind == "RAW":
        return develop(data, image)
    try:
        if kind in _DECODERS:
            return _DECODERS[kind](data, image)
        opener, pixel_bytes = _OPENERS[kind]
        with opener(io.BytesIO(data)) as picture:
            check_size(*picture.size, image, _COMMON_JPEG if _is_common(picture) else pixel_bytes)
            _check_planes(picture)
            pixels = _pixels(picture, data, image.long_side)
            width, height = picture.size
            orientation, camera = _read_exif(picture)
    except Image.DecompressionBombError as error:
        raise SourceError("too_large", f"{kind}: {error}") from error
    except READ_ERRORS as error:
        unusual = any(text in str(error) for text in _UNUSUAL)
        raise SourceError(
            "unsupported_format" if unusual else "corrupt", f"{kind} cannot be decoded: {error or type(error).__name__}"
        ) from error
    if orientation in _SIDEWAYS:
        width, height = height, width
    return Decoded(orient(pixels, orientation), width, height, kind, camera)


def _check_planes(picture: Image.Image) -> None:
    """Raise SourceError for the one kind of TIFF that Pillow reads as 8-bit, without complaint, when it is not."""
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        tags = picture.tag_v2
        separate = tags.get(TiffImagePlugin.PLANAR_CONFIGURATION) == 2
        uncompressed = tags.get(TiffImagePlugin.COMPRESSION, 1) == 1
        if separate and uncompressed and max(tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,))) > 8:
            raise SourceError("unsupported_format", "uncompressed 16-bit TIFF with separate planes is not read")


def _pixels(picture: Image.Image, data: bytes, long_side: int) -> Tensor:
    """The opened picture as sRGB, (3, h, w) uint8, reduced and not yet turned."""
    profile = picture.info.get("icc_profile")
    if isinstance(picture, AvifImagePlugin.AvifImageFile):
        profile = profile or profile_in(data)
        if (bits := _avif_bits(data)) > 8:
            deep = imagecodecs.avif_decode(data, 0, numthreads=1)
            return resize(_tensor(deep_to_srgb(deep, bits, profile)), long_side)
    if not _is_common(picture):
        picture.load()
        return resize(_tensor(to_srgb(picture, profile)), long_side)
    colors = "GRAY" if picture.mode == "L" else "RGB"
    reduced = resize(_tensor(_decode_jpeg(data, colors, picture.size, long_side)), long_side)
    if colors == "RGB" and (not profile or is_srgb(profile)):
        return reduced
    # LittleCMS takes 15 ns a pixel, more than all the rest: it only sees the reduced picture.
    array = reduced.permute(1, 2, 0).numpy()
    return _tensor(to_srgb(Image.fromarray(array.squeeze(2) if colors == "GRAY" else array), profile))


def _decode_jpeg(data: bytes, colors: str, size: tuple[int, int], long_side: int) -> NDArray[np.uint8]:
    """Decode at a half, a quarter or an eighth of the size where that is still at least `long_side`.

    libjpeg-turbo scales in the cosine domain, which costs less than it saves. The picture that `fit` makes of it is 45
    to 57 dB from the one that it makes of the full size. All of the data is still read, and checked.
    """
    factor = max((k for k in (1, 2, 4, 8) if max(size) >= k * long_side), default=1)
    width, height = (-(-side // factor) for side in size)
    array: NDArray[np.uint8] = simplejpeg.decode_jpeg(
        data, colors, fastdct=False, fastupsample=False, min_height=height, min_width=width
    )
    return array


def _avif_bits(data: bytes) -> int:
    """Bits a sample, from the first decoder configuration (AV1-ISOBMFF, section 2.3.3)."""
    start = data.find(b"av1C")
    flags = data[start + 6] if 0 <= start < len(data) - 6 else 0
    return (12 if flags & 0x20 else 10) if flags & 0x40 else 8


def _tensor(array: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(array).permute(2, 0, 1)


def _is_common(picture: Image.Image) -> bool:
    """Whether it is a JPEG in grey or of a usual subsampling, which simplejpeg decodes faster and stricter."""
    if not isinstance(picture, JpegImagePlugin.JpegImageFile):
        return False
    return picture.mode == "L" or (picture.mode == "RGB" and JpegImagePlugin.get_sampling(picture) in (0, 1, 2))


def _read_exif(picture: Image.Image) -> tuple[int, str | None]:
    """Orientation and camera."""
    try:
        exif = picture.getexif()
        orientation = exif.get(Tag.Orientation)
        camera = camera_name(exif.get(Tag.Make), exif.get(Tag.Model))
    except READ_ERRORS:
        return 1, None
    return orientation if isinstance(orientation, int) else 1, camera
