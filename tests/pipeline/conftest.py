"""Styles that tests write themselves."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.presets.export import to_xmp
from schemas.recipe import Recipe

Color = tuple[float, float, float]
Look = Callable[[float, float, float], Color]


@pytest.fixture(scope="session")
def write_cube() -> Callable[[Path, str, Look], None]:
    """Writes a `.cube` file of a title and a function of red, green and blue."""

    def write(path: Path, title: str, look: Look) -> None:
        steps = [i / 8 for i in range(9)]
        rows = [look(r, g, b) for b in steps for g in steps for r in steps]
        lines = [f'TITLE "{title}"', "LUT_3D_SIZE 9", *("{:.6f} {:.6f} {:.6f}".format(*row) for row in rows)]
        path.write_text("\n".join(lines))

    return write


@pytest.fixture
def style_folder(tmp_path: Path, write_cube: Callable[[Path, str, Look], None]) -> Path:
    """Three styles: a preset of each kind, and a LUT that a recipe follows."""
    folder = tmp_path / "styles"
    (folder / "film").mkdir(parents=True)
    warm = Recipe(process="aether/1", values={"IncrementalTemperature": 35.0, "Exposure2012": 0.2})
    (folder / "Warm.xmp").write_bytes(to_xmp(warm, "Warm 02"))
    settings = "Contrast2012 = 45, Saturation = 20, Sharpness = 60"
    template = f"s = {{ title = 'High Contrast', value = {{ settings = {{ {settings} }} }} }}"
    (folder / "contrast.lrtemplate").write_text(template)
    write_cube(folder / "film" / "faded.cube", "Old Film", lambda r, g, b: (0.1 + 0.85 * r, 0.08 + 0.83 * g, 0.75 * b))
    return folder
