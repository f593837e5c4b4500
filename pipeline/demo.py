"""Photographs for the demo: those that scikit-image and scikit-learn ship, so that no network is needed."""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data


def write_photos(folder: Path) -> list[Path]:
    """Write the six photographs as PNG files. The folder is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    photos = {name: Image.fromarray(getattr(data, name)()) for name in ("astronaut", "coffee", "chelsea", "rocket")}
    # Only the files of scikit-learn are wanted; to import it takes seconds.
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the demo's photographs are those of scikit-learn: install unretouch[demo]")
    images = Path(spec.origin).parent / "datasets" / "images"
    photos |= {name: Image.open(images / f"{name}.jpg") for name in ("china", "flower")}
    paths = []
    for name, photo in photos.items():
        paths.append(folder / f"{name}.png")
        Image.fromarray(np.array(photo)).save(paths[-1])  # without the metadata of the files
    return paths


if __name__ == "__main__":
    write_photos(Path(sys.argv[1]))
