"""XMP is read in both of its forms, only at the photo's own level, and never beyond its bounds."""

from pathlib import Path

import pytest

from pipeline.presets.preset import PresetError
from pipeline.presets.xmp import LIMIT, parse_xmp, read_xmp

SOURCE = Path("Some Look.xmp")
HEAD = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
)
TAIL = "</rdf:RDF></x:xmpmeta>"

PRESET = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
{HEAD}
 <rdf:Description rdf:about="" dc:format="image/jpeg" crs:PresetType="Normal" crs:UUID="A0" crs:SupportsColor="True"
   crs:Version="15.0" crs:ProcessVersion="11.0" crs:HasSettings="True" crs:Exposure2012="+0.35" crs:Contrast2012="-12"
   crs:Highlights2012="0" crs:Sharpness="40" crs:SharpenRadius="+1.0" crs:Texture="+8" crs:GrainAmount="0"
   crs:GrainSize="25" crs:ConvertToGrayscale="False" crs:ToneCurveName2012="Custom">
  <crs:Name><rdf:Alt><rdf:li xml:lang="x-default">Warm &amp; Soft</rdf:li></rdf:Alt></crs:Name>
  <crs:Group><rdf:Alt><rdf:li xml:lang="x-default">Film</rdf:li></rdf:Alt></crs:Group>
  <crs:ShortName><rdf:Alt><rdf:li xml:lang="x-default"/></rdf:Alt></crs:ShortName>
  <crs:ToneCurvePV2012><rdf:Seq><rdf:li>0, 10</rdf:li><rdf:li>255, 255</rdf:li></rdf:Seq></crs:ToneCurvePV2012>
  <crs:ToneCurvePV2012Red><rdf:Seq><rdf:li>0, 0</rdf:li><rdf:li>255, 255</rdf:li></rdf:Seq></crs:ToneCurvePV2012Red>
  <crs:Look><rdf:Description crs:Name="Vintage 07" crs:Amount="1"><crs:Parameters>
    <rdf:Description crs:Exposure2012="+4" crs:Whites2012="+60"/></crs:Parameters></rdf:Description></crs:Look>
  <crs:LensBlur crs:Active="false" crs:BlurAmount="50"/>
 </rdf:Description>
{TAIL}
<?xpacket end="w"?>"""

SIDECAR = f"""{HEAD}<rdf:Description rdf:about="">
  <crs:ProcessVersion>11.0</crs:ProcessVersion>
  <crs:Exposure2012> +0.35 </crs:Exposure2012><crs:Contrast2012>-12</crs:Contrast2012>
  <crs:Dehaze>+5</crs:Dehaze>
  <crs:Look rdf:parseType="Resource"><crs:Name>Vintage 07</crs:Name><crs:Whites2012>+60</crs:Whites2012></crs:Look>
  <crs:PaintBasedCorrections><rdf:Seq><rdf:li><rdf:Description crs:What="Correction" crs:LocalExposure="0.5"/></rdf:li>
  </rdf:Seq></crs:PaintBasedCorrections>
 </rdf:Description>
 <rdf:Description rdf:about="" crs:Vibrance="7"/>
{TAIL}"""


def test_preset_in_attribute_form() -> None:
    preset = parse_xmp(PRESET.encode(), SOURCE)
    assert preset.name == "Warm & Soft"
    assert preset.tags == ("film",)
    assert preset.recipe.process == "aether/1"
    assert preset.recipe.values == {"Exposure2012": 0.35, "Contrast2012": -12.0}
    assert {name: text.partition(":")[0] for name, text in preset.ignored.items()} == {
        "Sharpness": "40",
        "Texture": "+8",
        "ToneCurvePV2012": "2 entries",
        "Look": "Vintage 07",
    }


def test_sidecar_in_element_form() -> None:
    preset = parse_xmp(SIDECAR.encode("utf-16"), SOURCE)
    assert preset.name == "Some Look"
    assert preset.tags == ()
    assert preset.recipe.values == {"Exposure2012": 0.35, "Contrast2012": -12.0, "Vibrance": 7.0}
    assert set(preset.ignored) == {"Dehaze", "Look", "PaintBasedCorrections"}


def test_text_is_made_fit_to_be_shown() -> None:
    long = "n" * 5000
    text = f'{HEAD}<rdf:Description crs:Name="a&#9;\u202eb" crs:Group="{long}" crs:Odd="{long}"/>{TAIL}'
    preset = parse_xmp(text.encode(), SOURCE)
    assert preset.name == "a b"
    assert [len(tag) for tag in preset.tags] == [200]
    assert len(preset.ignored["Odd"]) == 200


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no well-formed XML"),
        ("<a>", "no well-formed XML"),
        ('<?xml version="1.0" encoding="nonsense"?><a/>', "no well-formed XML"),
        ("<a/>", "rdf:RDF is missing"),
        (f'{HEAD}<rdf:Description dc:format="image/jpeg"/>{TAIL}', "holds no Camera Raw settings"),
        (f'{HEAD}<rdf:Description crs:Tint="1"/><rdf:Description crs:Tint="2"/>{TAIL}', "crs:Tint is set twice"),
        ("<a>" * 100_000 + "</a>" * 100_000, "nested more than 64 deep"),
        ("<!DOCTYPE a><a/>", "declares a document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "declares a document type"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "declares a document type"),
        ('<!DOCTYPE a [<!ENTITY % x SYSTEM "http://localhost/x">%x;]><a/>', "declares a document type"),
    ],
)
def test_what_is_no_preset_is_refused_by_name(text: str, problem: str) -> None:
    with pytest.raises(PresetError, match=rf"^Some Look\.xmp: .*{problem}"):
        parse_xmp(text.encode(), SOURCE)


def test_entities_are_never_expanded() -> None:
    lines = ['<!ENTITY e0 "ha">', *(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 20))]
    document = f"<!DOCTYPE a [{''.join(lines)}]>{HEAD}<rdf:Description crs:Name='&e19;'/>{TAIL}"
    with pytest.raises(PresetError, match="declares a document type"):
        parse_xmp(document.encode(), SOURCE)
    with pytest.raises(PresetError, match="undefined entity"):
        parse_xmp(f"{HEAD}<rdf:Description crs:Name='&e19;'/>{TAIL}".encode(), SOURCE)


def test_only_files_within_the_limit_are_read(tmp_path: Path) -> None:
    path = tmp_path / "big.xmp"
    path.write_bytes(PRESET.encode().ljust(LIMIT))
    assert read_xmp(path).name == "Warm & Soft"
    path.write_bytes(PRESET.encode().ljust(LIMIT + 1))
    with pytest.raises(PresetError, match=r"big\.xmp: larger than 4,194,304 bytes"):
        read_xmp(path)
    with pytest.raises(PresetError, match=r"none\.xmp: no such file"):
        read_xmp(tmp_path / "none.xmp")
