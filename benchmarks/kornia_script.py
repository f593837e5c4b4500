"""What a person would write for the job: a Pillow and kornia script of comparable edits, run with multiprocessing.

Exposure, white balance, contrast, saturation and hue, undone one after the other on the target, stored as JPEG, read
back, applied again and checked by PSNR. It does less than the pipeline: five sliders, no inverse that is exact, no
colour differences, no words, no scores, no plan, no manifest, nothing that survives a kill.
"""

import json
import math
import random
from pathlib import Path

import torch
from kornia.color import linear_rgb_to_rgb, rgb_to_linear_rgb
from kornia.enhance import adjust_contrast, adjust_hue, adjust_saturation
from kornia.metrics import psnr
from PIL import Image
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor, to_pil_image

from benchmarks.floor import LONG_SIDE, QUALITY

Edit = dict[str, float]


def make_variants(photo: Path, variants: int, out: Path) -> None:
    """Write a photo's target, and an input and a JSON file for each variant, below `out`."""
    with Image.open(photo) as opened:
        image = opened.convert("RGB") if opened.mode != "RGB" else opened
        image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
        image.save(out / f"{photo.stem}.target.jpg", quality=QUALITY, subsampling=0)
        target = _tensor(image)
    generator = random.Random(photo.stem)
    for variant in range(variants):
        edit = _draw(generator)
        path = out / f"{photo.stem}-{variant}.input.jpg"
        to_pil_image(undo(target, edit)[0]).save(path, quality=QUALITY, subsampling=0)
        with Image.open(path) as stored:
            again = apply(_tensor(stored), edit)
        record = {**edit, "psnr": float(psnr(again, target, 1.0))}
        path.with_suffix(".json").write_text(json.dumps(record))


def apply(image: Tensor, edit: Edit) -> Tensor:
    """The edit on (1, 3, H, W) in [0, 1]."""
    image = linear_rgb_to_rgb((rgb_to_linear_rgb(image) * _gains(edit)).clamp(0, 1))
    image = adjust_contrast(image, edit["contrast"])
    image = adjust_saturation(image, edit["saturation"])
    return adjust_hue(image, edit["hue"])


def undo(image: Tensor, edit: Edit) -> Tensor:
    """About the inverse of `apply`."""
    image = adjust_hue(image, -edit["hue"])
    image = adjust_saturation(image, 1 / edit["saturation"])
    image = adjust_contrast(image, 1 / edit["contrast"])
    return linear_rgb_to_rgb((rgb_to_linear_rgb(image) / _gains(edit)).clamp(0, 1))


def _gains(edit: Edit) -> Tensor:
    warm = edit["temperature"]
    return (2 ** edit["exposure"] * torch.tensor([1 + warm, 1, 1 - warm])).view(1, 3, 1, 1)


def _draw(generator: random.Random) -> Edit:
    return {
        "exposure": generator.gauss(0, 0.65),
        "temperature": max(-0.4, min(0.4, generator.gauss(0, 0.1))),
        "contrast": math.exp(generator.gauss(0, 0.12)),
        "saturation": math.exp(generator.gauss(0, 0.1)),
        "hue": generator.gauss(0, 0.1),
    }


def _tensor(image: Image.Image) -> Tensor:
    pixels: Tensor = pil_to_tensor(image)
    return pixels[None].float() / 255
