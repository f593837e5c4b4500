"""Photographs for the demo: those that scikit-image and scikit-learn ship, so that no network is needed."""

import sys
from pathlib import Path

from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_images


def write_photos(folder: Path) -> list[Path]:
    """Write the six photographs as PNG files. The folder is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    photos = {name: getattr(data, name)() for name in ("astronaut", "coffee", "chelsea", "rocket")}
    photos |= dict(zip(("china", "flower"), load_sample_images().images, strict=True))
    paths = []
    for name, pixels in photos.items():
        paths.append(folder / f"{name}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths


if __name__ == "__main__":
    write_photos(Path(sys.argv[1]))
