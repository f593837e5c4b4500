"""Styles: presets and LUTs as a data set uses them."""

from pydantic import BaseModel, ConfigDict

from schemas.recipe import Recipe


class Style(BaseModel):
    """A preset, or a LUT with the recipe that comes closest to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """What the file calls it; with the file's path where several styles have one name."""
    tags: tuple[str, ...]
    file: str
    """Its path below the folder of styles."""
    recipe: Recipe
    ignored: tuple[str, ...] = ()
    """Settings of the preset that the recipe lacks."""
    spoken: str | None = None
    """The name as an instruction may say it; null where it may not."""
    lut_psnr: float | None = None
    """dB between the recipe and the LUT, on colours that are spread like those of photographs; null for a preset."""
