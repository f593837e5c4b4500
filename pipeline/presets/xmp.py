"""Presets and sidecars of Lightroom and Camera Raw in XMP (ISO 16684-1)."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from pipeline.presets.camera_raw import Setting
from pipeline.presets.kelvin import WhitePoint
from pipeline.presets.preset import Preset, PresetError, clean, read_bounded
from pipeline.presets.settings import interpret

LIMIT = 4 << 20
"""Most bytes of a file."""

CRS = "http://ns.adobe.com/camera-raw-settings/1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

# Expat joins namespace and name with a space, which neither can hold.
_CRS_PREFIX = f"{CRS} "
_DESCRIPTION = f"{RDF} Description"
_ARRAYS = (f"{RDF} Alt", f"{RDF} Bag", f"{RDF} Seq")

_DEEPEST = 64


def read_xmp(path: Path, as_shot: WhitePoint | None = None) -> Preset:
    """Read a `.xmp` file of at most 4 MiB; see `parse_xmp`."""
    return parse_xmp(read_bounded(path, LIMIT), path, as_shot)


def parse_xmp(data: bytes, source: Path, as_shot: WhitePoint | None = None) -> Preset:
    """Read a preset or sidecar, in the attribute form and the element form of RDF.

    Args:
        data: the file's content.
        source: the file, for the errors and for a preset without a name.
        as_shot: white balance of the photo, for files that do not record their own.

    Returns:
        The preset; its group is its one tag.

    Raises:
        PresetError: no well-formed XML, a document type (and with it any entity), too deep, no XMP, a setting that is
            given twice, or no Camera Raw settings.
    """
    settings: dict[str, Setting] = {}
    for name, value in _properties(_parse(data, source), source):
        if name in settings:
            raise PresetError(f"{source}: crs:{clean(name)} is set twice")
        settings[name] = value
    if not settings:
        raise PresetError(f"{source}: holds no Camera Raw settings (crs:)")
    recipe, ignored = interpret(settings, as_shot)
    group = _text(settings.get("Group"))
    return Preset(
        name=_text(settings.get("Name")) or clean(source.stem),
        tags=(group.lower(),) if group else (),
        source=str(source),
        recipe=recipe,
        ignored=ignored,
    )


def _parse(data: bytes, source: Path) -> Element:
    """The root of an XML document without a document type: entities cannot be declared, let alone expanded."""
    builder = TreeBuilder()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise PresetError(f"{source}: elements are nested more than {_DEEPEST} deep")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def forbid(*_: object) -> None:
        raise PresetError(f"{source}: declares a document type, which XMP does not have")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = forbid
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an encoding that cannot be read
        raise PresetError(f"{source}: no well-formed XML: {error}") from error
    return builder.close()


def _properties(root: Element, source: Path) -> Iterator[tuple[str, Setting]]:
    """Camera Raw settings at the top of a document. Those inside a structure, as of a look, are not the photo's own."""
    rdf = next((element for element in (root, *root) if element.tag == f"{RDF} RDF"), None)
    if rdf is None:
        raise PresetError(f"{source}: no XMP: rdf:RDF is missing")
    for description in rdf:
        if description.tag == _DESCRIPTION:
            yield from _fields(description)


def _fields(element: Element) -> Iterator[tuple[str, Setting]]:
    """Camera Raw fields of a description or structure, given as attributes or as elements."""
    for name, text in element.attrib.items():
        if name.startswith(_CRS_PREFIX):
            yield name.removeprefix(_CRS_PREFIX), text.strip()
    for child in element:
        if child.tag.startswith(_CRS_PREFIX):
            yield child.tag.removeprefix(_CRS_PREFIX), _value(child)


def _value(element: Element) -> Setting:
    for child in element:
        if child.tag in _ARRAYS:
            return [_value(item) for item in child]
        if child.tag == _DESCRIPTION:
            return dict(_fields(child))
    return dict(_fields(element)) or (element.text or "").strip()


def _text(value: Setting | None) -> str:
    """A text, or the first of its translations that says something."""
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and text:
            return clean(text)
    return ""
