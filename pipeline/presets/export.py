"""Recipes as `.xmp` presets for Lightroom, Camera Raw and darktable."""

import re
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

from operators.catalogue import AETHER_1
from pipeline.presets.camera_raw import SPLITS
from pipeline.presets.xmp import CRS, RDF
from schemas.recipe import ParameterSpec, Recipe

_HEAD = {
    "PresetType": "Normal",
    "Cluster": "",
    "SupportsAmount": "False",
    "SupportsColor": "True",
    "SupportsMonochrome": "True",
    "SupportsHighDynamicRange": "True",
    "SupportsNormalDynamicRange": "True",
    "SupportsSceneReferred": "True",
    "SupportsOutputReferred": "True",
    "CameraModelRestriction": "",
    "Copyright": "",
    "ContactInfo": "",
    "Version": "13.0",
    "ProcessVersion": "11.0",
}
"""Camera Raw 13 (2020) and process version 5: old enough for many programs, and with the sliders of today."""

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WHITE_BALANCE = ("IncrementalTemperature", "IncrementalTint")


def to_xmp(recipe: Recipe, name: str) -> bytes:
    """A preset that sets all sliders of aether/1, those that the recipe lacks to 0.

    `parse_xmp` gives exactly the recipe back, but for sliders at 0, which it leaves out. White balance is incremental,
    as Camera Raw has it for JPEG, TIFF and PNG: on a RAW file it does nothing. Lightroom itself sets exposure in steps
    of 0.01 and other sliders in steps of 1; finer values are written as they are.

    Raises:
        ValueError: the recipe is of another process or out of range, or the name holds what XML cannot.
    """
    AETHER_1.check(recipe)
    if _NO_XML.search(name):
        raise ValueError(f"the name {name!r} holds characters that XML does not have")
    sliders = {spec.name: _signed(recipe.values.get(spec.name, 0.0), spec) for spec in AETHER_1.parameters}
    neutral = all(recipe.values.get(slider, 0.0) == 0 for slider in _WHITE_BALANCE)
    settings = {
        **_HEAD,
        "UUID": uuid5(NAMESPACE_URL, f"{name}\n{sliders}").hex.upper(),
        "WhiteBalance": "As Shot" if neutral else "Custom",
        **sliders,
        **{split: f"{percent:g}" for split, percent in SPLITS.items()},
        "ConvertToGrayscale": "False",
        "ToneCurveName2012": "Linear",
        "HasSettings": "True",
    }
    attributes = "\n".join(f"   crs:{setting}={quoteattr(value)}" for setting, value in settings.items())
    texts = "\n".join(_translated(setting, text) for setting, text in (("Name", name), ("Group", "unretouch")))
    return f"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="{RDF}">
  <rdf:Description rdf:about=""
    xmlns:crs="{CRS}"
{attributes}>
{texts}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
""".encode()


def _signed(value: float, spec: ParameterSpec) -> str:
    """A value as Camera Raw writes it: "+0.35" EV, "-12", "0"; with more digits where it takes them to be exact."""
    if value == 0:
        return "0.00" if spec.unit == "EV" else "0"
    short = f"{value:+.2f}" if spec.unit == "EV" else f"{value:+.0f}"
    return short if float(short) == value else f"{Decimal(repr(value)):+f}"


def _translated(setting: str, text: str) -> str:
    item = f'<rdf:li xml:lang="x-default">{escape(text)}</rdf:li>'
    return f"   <crs:{setting}>\n    <rdf:Alt>\n     {item}\n    </rdf:Alt>\n   </crs:{setting}>"
