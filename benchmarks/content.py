"""How often the content check of sources is right: rates on photos, and on pictures made of them that should be found.

    python -m benchmarks.content PHOTOS

PHOTOS is a folder of finished photos, of which none should be rejected. Each made picture is coded as JPEG. It also
prints the processor's time that the check takes, over decoding and coding the same photos.
"""

import io
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from benchmarks.report import wide_console
from operators.threads import one_thread
from pipeline.images.codec import encode
from pipeline.images.decode import decode
from quality.content.check import check_content, issues_of
from schemas.config import ContentConfig, ImageConfig
from schemas.source import SourceError
from tests.quality.content.pictures import made

CONSOLE = wide_console()


@one_thread()
def main(folder: str) -> None:
    """Print the rates, in percent, and the cost."""
    image = ImageConfig()
    photos: list[Tensor] = []
    seconds = dict.fromkeys(("decode", "check", "encode"), 0.0)
    for path in sorted(Path(folder).iterdir()):
        data = path.read_bytes()
        began = time.process_time()
        try:
            pixels = decode(data, str(path), image).pixels
        except SourceError as error:
            CONSOLE.print(f"{path.name} is left out: {error}")
            continue
        decoded = time.process_time()
        found = issues_of(check_content(pixels))
        checked = time.process_time()
        encode(pixels, image)
        for name, spent in zip(
            seconds, (decoded - began, checked - decoded, time.process_time() - checked), strict=True
        ):
            seconds[name] += spent
        photos.append(pixels)
        if found:
            CONSOLE.print(f"{path.name}: {', '.join(found)}")
    costs = ", ".join(f"{name} {1000 * value / len(photos):.1f} ms" for name, value in seconds.items())
    ratio = seconds["check"] / (seconds["decode"] + seconds["encode"])
    CONSOLE.print(f"{len(photos)} photos: {costs}; the check over decoding and coding: {ratio:.2f}")
    _row("photos", photos)
    for issue, pictures in made([_picture(pixels) for pixels in photos]).items():
        _row(issue, [_coded(picture) for picture in pictures])


def _row(name: str, pictures: Sequence[Tensor]) -> None:
    issues = [issues_of(check_content(pixels)) for pixels in pictures]
    rejected = sum(not set(ContentConfig().reject).isdisjoint(found) for found in issues)
    counts = Counter(issue for found in issues for issue in found)
    rates = ", ".join(f"{issue} {100 * count / len(pictures):.0f}" for issue, count in counts.most_common())
    CONSOLE.print(f"{name:12} rejected {100 * rejected / len(pictures):3.0f} %; issues in %: {rates}")


def _picture(pixels: Tensor) -> Image.Image:
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())


def _coded(picture: Image.Image) -> Tensor:
    buffer = io.BytesIO()
    picture.save(buffer, "jpeg", quality=90)
    data = torch.frombuffer(bytearray(Image.open(buffer).tobytes()), dtype=torch.uint8)
    return data.view(picture.height, picture.width, 3).permute(2, 0, 1)


if __name__ == "__main__":
    main(sys.argv[1])
