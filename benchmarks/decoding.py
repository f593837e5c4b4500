"""Memory that decoding takes, in bytes a pixel, beside the bound of it that `image.max_memory` is compared with.

    python -m benchmarks.decoding

A picture of 24 megapixels is written in every format by this script, and decoded by a process of its own for each. RAW
files are not written by anybody's library: name some.
"""

import io
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import imagecodecs
import numpy as np
import pillow_heif
import typer
from numpy.typing import NDArray
from PIL import Image
from rich.table import Table

from benchmarks.report import wide_console
from pipeline.images.decode import decode
from schemas.config import ImageConfig
from schemas.source import SourceError

_WIDTH, _HEIGHT = 6000, 4000
_KIB = 1024
_WHATEVER = ImageConfig(min_short_side=16, max_memory=1 << 50, max_pixels=1 << 40)


def main(
    raw: Annotated[list[Path] | None, typer.Argument(help="RAW files to measure too.")] = None,
) -> None:
    """Print the measured bytes a pixel of each kind of file, and what the bound assumes."""
    table = Table(title=f"decoding {_WIDTH} x {_HEIGHT} pixels, in bytes a pixel")
    for column in ("file", "measured", "assumed"):
        table.add_column(column, justify="right")
    files = {name: make() for name, make in _files().items()} | {path.name: path.read_bytes() for path in raw or ()}
    for name, data in files.items():
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            measured, assumed = pool.apply(_measure, (data, name))
        table.add_row(name, f"{measured:.1f}", str(assumed))
    wide_console().print(table)


def _measure(data: bytes, name: str) -> tuple[float, int]:
    try:  # the bound says what it assumes when it is passed
        decode(data, name, _WHATEVER.model_copy(update={"max_memory": 1}))
        raise RuntimeError(f"{name} is decoded without a check of its memory")
    except SourceError as error:
        width, height, needed, *_ = (int(word) for word in error.detail.split() if word.isdigit())
    small = io.BytesIO()
    Image.new("RGB", (64, 64)).save(small, "PNG")
    decode(small.getvalue(), "small", _WHATEVER)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _status("VmRSS")
    decode(data, name, _WHATEVER)
    return (_status("VmHWM") - before) / (width * height), needed // (width * height)


def _status(name: str) -> int:
    """A number of bytes from Linux's account of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * _KIB


def _files() -> dict[str, Callable[[], bytes]]:
    ramp = np.linspace(0, 65535, _WIDTH).astype(np.uint16)
    deep = np.ascontiguousarray(np.broadcast_to(ramp[None, :, None], (_HEIGHT, _WIDTH, 4)))
    rgba = Image.fromarray((deep >> 8).astype(np.uint8))
    rgb = rgba.convert("RGB")
    return {
        "jpeg": lambda: _saved(rgb, "JPEG"),
        "jpeg progressive 4:4:4": lambda: _saved(rgb, "JPEG", progressive=True, subsampling=0),
        "png rgb": lambda: _saved(rgb, "PNG", compress_level=1),
        "png rgba": lambda: _saved(rgba, "PNG", compress_level=1),
        "png rgba 16 bit": lambda: bytes(imagecodecs.png_encode(deep, level=1)),
        "tiff": lambda: _saved(rgb, "TIFF"),
        "bmp": lambda: _saved(rgb, "BMP"),
        "gif": lambda: _saved(rgb.quantize(32), "GIF"),
        "webp": lambda: _saved(rgba, "WEBP", lossless=True, method=0),
        "jpeg 2000": lambda: _saved(rgba, "JPEG2000"),
        "avif": lambda: _saved(rgba, "AVIF", speed=10),
        "avif 10 bit": lambda: bytes(imagecodecs.avif_encode(deep >> 6, level=90, speed=10, bitspersample=10)),
        "jxl": lambda: bytes(imagecodecs.jpegxl_encode(np.asarray(rgba), lossless=True, effort=1)),
        "jxl 16 bit": lambda: bytes(imagecodecs.jpegxl_encode(deep, lossless=True, effort=1)),
        "heif": lambda: _heif("RGB", np.asarray(rgb)),
        "heif 12 bit": lambda: _heif("RGB;16", deep[..., :3]),
    }


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _heif(mode: str, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    file = io.BytesIO()
    data = np.ascontiguousarray(pixels).tobytes()
    pillow_heif.from_bytes(mode=mode, size=(_WIDTH, _HEIGHT), data=data).save(file, quality=50)
    return file.getvalue()


if __name__ == "__main__":
    typer.run(main)
