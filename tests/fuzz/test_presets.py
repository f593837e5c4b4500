"""Damaged presets and LUTs: they are read, or refused by their name."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.presets.cube import CubeLut, parse_cube
from pipeline.presets.export import to_xmp
from pipeline.presets.lrtemplate import parse_lrtemplate
from pipeline.presets.preset import Preset, PresetError
from pipeline.presets.xmp import parse_xmp
from schemas.recipe import Recipe
from tests.fuzz.mutations import damaged

RECIPE = Recipe(process="aether/1", values={"IncrementalTemperature": 35.0, "Exposure2012": 0.2, "Saturation": -10.0})
XMP = [
    to_xmp(RECIPE, "Warm & <bright>"),
    b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Temperature="5600" crs:Tint="+7"
 crs:WhiteBalance="Custom" crs:ProcessVersion="11.0"><crs:Exposure2012>+0.50</crs:Exposure2012>
<crs:ToneCurvePV2012><rdf:Seq><rdf:li>0, 0</rdf:li><rdf:li>255, 255</rdf:li></rdf:Seq></crs:ToneCurvePV2012>
<crs:Name><rdf:Alt><rdf:li xml:lang="x-default">Old</rdf:li></rdf:Alt></crs:Name>
<crs:Look><rdf:Description crs:Name="L" crs:Amount="1"/></crs:Look></rdf:Description></rdf:RDF></x:xmpmeta>""",
]
LUA = [
    b"""s = { id = "A", internalName = 'B', title = "$$$/A/B=High Contrast", type = "Develop", -- a comment
 value = { settings = { Contrast2012 = 45, Saturation = -20.5e0, AutoTone = false, ToneCurve = { 0, 0, 255, 255 },
  ["Exposure2012"] = 1, Look = { Name = [[x]], Amount = .5 }, Text = "\\065\\n" }, uuid = nil }, version = 0 }"""
]
ROWS = [(r / 2, g / 2, b / 2) for b in range(3) for g in range(3) for r in range(3)]
CUBE = [
    "\n".join(["# by hand", 'TITLE "A"', "LUT_3D_SIZE 3", "DOMAIN_MIN 0 0 0", "DOMAIN_MAX 1 1 1", *lines]).encode()
    for lines in [["{} {} {}".format(*row) for row in ROWS]]
] + [b"LUT_1D_SIZE 4\nLUT_1D_INPUT_RANGE 0 1\n" + b"0 0.5 1e0\n" * 4]

PARSERS: dict[str, tuple[Callable[[bytes, Path], Preset | CubeLut], list[bytes]]] = {
    "xmp": (parse_xmp, XMP),
    "lrtemplate": (parse_lrtemplate, LUA),
    "cube": (parse_cube, CUBE),
}


@pytest.mark.parametrize("kind", PARSERS)
@given(number=st.integers(0, 2**32))
def test_a_damaged_preset_is_read_or_refused(kind: str, number: int) -> None:
    parse, files = PARSERS[kind]
    try:
        found = parse(damaged(files, number), Path(f"a.{kind}"))
    except PresetError as error:
        assert str(error).startswith(f"a.{kind}")
    else:
        if isinstance(found, CubeLut):
            assert found.apply(torch.rand(1, 3, 4, 4)).isfinite().all()
        else:
            assert all(abs(value) < 1e9 for value in found.recipe.values.values())
