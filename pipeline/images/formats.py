"""Which decoder a file is for, from its first bytes. A name only decides where the bytes leave it open."""

import struct
import zlib
from pathlib import PurePosixPath

from PIL import Image

from pipeline.images.jxl_header import CODESTREAM, CONTAINER
from schemas.source import SourceError

_DECODED = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"BM": "BMP",
    b"GIF8": "GIF",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    CODESTREAM: "JXL",
    CONTAINER: "JXL",
}

_RAW = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")

_RAW_NAMES = {
    ".3fr", ".arw", ".bay", ".cap", ".cr2", ".cr3", ".crw", ".dcr", ".dcs", ".dng", ".erf",
    ".fff", ".iiq", ".k25", ".kdc", ".mdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf",
    ".pef", ".ptx", ".raf", ".raw", ".rw2", ".rwl", ".rwz", ".sr2", ".srf", ".srw", ".sti",
    ".x3f",
}  # fmt: skip

_UNSUPPORTED = {
    b"\0\0\1\0": "ICO",
    b"8BPS": "Photoshop",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "FlashPix",
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "PostScript",
    b"%PDF": "PDF",
    b"\x76\x2f\x31\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"farbfeld": "farbfeld",
    b"qoif": "QOI",
    b"DDS ": "DDS",
    **{b"P%d" % kind + end: "Netpbm" for kind in range(1, 8) for end in (b"\n", b" ", b"\r", b"\t")},
}

_DNG_VERSION = 50706

_CR3 = {b"crx "}
_AVIF = {b"avif", b"avis"}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_LONGEST_BRANDS = 256
"""Bytes of the box of brands that are looked at."""


def identify(data: bytes, uri: str) -> str:
    """Format of a file's bytes: "JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF", "JXL", "JPEG 2000", "BMP", "GIF", "RAW".

    Most RAW formats are TIFF files inside. One is told from a plain TIFF by its name or by DNG's version tag; taken
    for a plain TIFF it would give its thumbnail.

    Raises:
        SourceError: `not_an_image`, or `unsupported_format` for a picture of another kind.
    """
    if not data:
        raise SourceError("not_an_image", "the file is empty")
    raw_name = PurePosixPath(uri).suffix.lower() in _RAW_NAMES
    for magic, name in _DECODED.items():
        if data.startswith(magic):
            return "RAW" if name == "TIFF" and (raw_name or _is_dng(data)) else name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _iso_media(data)
    if raw_name or data.startswith(_RAW) or data[6:14] == b"HEAPCCDR":
        return "RAW"
    for magic, name in _UNSUPPORTED.items():
        if data.startswith(magic):
            raise SourceError("unsupported_format", f"{name} is not read")
    raise SourceError("not_an_image", "it starts like no picture format that we know")


def _iso_media(data: bytes) -> str:
    """HEIF, AVIF or RAW, by the major brand of an ISO media file and the brands that it is compatible with."""
    size = min(int.from_bytes(data[:4], "big"), _LONGEST_BRANDS)
    brands = {data[at : at + 4] for at in (8, *range(16, size, 4))}
    for known, name in ((_CR3, "RAW"), (_AVIF, "AVIF"), (_HEIF, "HEIF")):
        if brands & known:
            return name
    raise SourceError("unsupported_format", "ISO media of this brand is not read")


def _is_dng(data: bytes) -> bool:
    exif = Image.Exif()
    try:
        exif.load(data)
    except READ_ERRORS:
        return False
    return _DNG_VERSION in exif


READ_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What Pillow raises on broken files. It promises no list, so this names every kind that its parsers can meet; it is
only used around calls into Pillow, where none of them can come from our code."""
