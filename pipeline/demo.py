"""Photographs for the demo, which scikit-image and scikit-learn ship, so that the demo needs no network."""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data


def write_photos(folder: Path) -> list[Path]:
    """Write the six photographs as PNG files. Make the folder if it is missing.

    Returns:
        Paths of the files.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    photos = {name: Image.fromarray(getattr(data, name)()) for name in ("astronaut", "coffee", "chelsea", "rocket")}
    # Only the files of scikit-learn are needed, and importing it takes seconds.
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the demo's photographs are those of scikit-learn: install unretouch[demo]")
    images = Path(spec.origin).parent / "datasets" / "images"
    photos |= {name: Image.open(images / f"{name}.jpg") for name in ("china", "flower")}
    paths = []
    for name, photo in photos.items():
        paths.append(folder / f"{name}.png")
        Image.fromarray(np.array(photo)).save(paths[-1])  # a new image, without the file's metadata
    return paths


if __name__ == "__main__":
    write_photos(Path(sys.argv[1]))
