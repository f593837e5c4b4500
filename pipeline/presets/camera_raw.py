"""What the names of Camera Raw settings (`crs:`) mean where they are not sliders of ours.

Names and defaults as Camera Raw writes them; the published list is that of the XMP specification, part 2, section
3.3, and https://exiftool.org/TagNames/XMP.html#crs.
"""

import math
import re
from typing import TypeAlias

from operators.catalogue import AETHER_1

Setting: TypeAlias = str | list["Setting"] | dict[str, "Setting"]
"""A value as text, a list or a structure."""

_ABOUT_THE_FILE = re.compile(
    r"(Version|ProcessVersion|CompatibleVersion|HasSettings|AlreadyApplied|RawFileName|UUID|PresetType|Cluster"
    r"|Name|ShortName|SortName|Group|Description|Copyright|ContactInfo|CameraModelRestriction|RequiresRGBTables"
    r"|ShowIn\w+|Supports\w+|\w+Digest|ToggleStyleAmount|WhiteBalance|Temperature|Tint|AsShot\w+|Enable\w+)"
)
"""Says what the file is, or is looked at elsewhere: white balance, panel switches."""

_MODIFIER = re.compile(
    r"(Sharpen\w+|LuminanceNoiseReduction\w+|ColorNoiseReduction\w+|PostCropVignette(?!Amount)\w+|VignetteMidpoint"
    r"|Grain(?!Amount)\w+|Defringe\w+Hue\w+|SplitToning\w+Hue|SplitToningBalance|ColorGrade(\w+Hue|Blending)"
    r"|LensProfile(?!Enable)\w+|Crop\w+|Upright\w+|GrayMixer\w+|Parametric\w+Split)"
)
"""Says how another setting works; does nothing while that one is neutral, and is reported with it otherwise."""

_LONGEST_NAME = 100

_NEUTRAL: dict[str, frozenset[str | float]] = {
    "Brightness": frozenset({0.0, 50.0}),
    "Contrast": frozenset({0.0, 25.0}),
    "Shadows": frozenset({0.0, 5.0}),
    "PerspectiveScale": frozenset({100.0}),
    "CurveRefineSaturation": frozenset({100.0}),
    "CameraProfile": frozenset({"Embedded", "Default Color"}),
    "ToneCurveName": frozenset({"Linear", "Custom"}),
    "ToneCurveName2012": frozenset({"Linear", "Custom"}),
}
"""Values that change nothing, where that is not 0. A custom curve is judged by its points."""

PANELS = {
    "EnableColorAdjustments": tuple(spec.name for spec in AETHER_1.parameters if "Adjustment" in spec.name),
    "EnableToneCurve": tuple(spec.name for spec in AETHER_1.parameters if spec.name.startswith("Parametric")),
}
"""Switches of Lightroom's panels, and our sliders in these."""

SPLITS = {"ParametricShadowSplit": 25.0, "ParametricMidtoneSplit": 50.0, "ParametricHighlightSplit": 75.0}
"""Bounds of the four parametric bands, in percent, as our sliders have them and as Camera Raw starts."""

LEGACY_TONE = frozenset({"Exposure", "Contrast", "Brightness", "Shadows", "HighlightRecovery", "FillLight", "Clarity"})
"""Tone sliders of the process versions 2003 and 2010: other sliders than those of like names that end in 2012."""

_FIRST_2012 = 6.0
"""`crs:ProcessVersion` is 5.0 for 2003, 5.7 for 2010, 6.7 for 2012 and higher since."""


def number(value: Setting | None) -> float | None:
    """A decimal number as float, None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", value, re.ASCII):
        parsed = float(value)
        return parsed if math.isfinite(parsed) else None
    return None


def is_legacy(process_version: str) -> bool:
    """Whether `crs:ProcessVersion` is one from before 2012."""
    version = number(process_version)
    return version is not None and version < _FIRST_2012


def is_off(value: Setting | None) -> bool:
    """Whether a switch is present and off."""
    return isinstance(value, str) and value.lower() in {"false", "0"}


def changes_nothing(name: str, value: Setting) -> bool:
    """Whether a setting leaves every picture as it is, or speaks of something else than the edit."""
    if not value or is_off(value):
        return True
    # On a name of a megabyte, which is none of theirs, the patterns could take hours.
    if len(name) <= _LONGEST_NAME and (_ABOUT_THE_FILE.fullmatch(name) or _MODIFIER.fullmatch(name)):
        return True
    if isinstance(value, dict):
        return is_off(value.get("Active")) or number(value.get("Amount")) == 0
    if isinstance(value, list):
        numbers = _numbers(value)
        if numbers is None:
            return False
        # Points of a curve, as in "0, 0" or as numbers in a row; a curve on the diagonal does nothing.
        return numbers[0::2] == numbers[1::2] if name.startswith("ToneCurve") else not any(numbers)
    parsed = number(value)
    return (value if parsed is None else parsed) in _NEUTRAL.get(name, {0.0})


def shown(value: Setting) -> str:
    """A value in few words."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"{len(value)} entries"
    name = value.get("Name")
    return name if isinstance(name, str) else "a structure"


def _numbers(values: list[Setting]) -> list[float] | None:
    """All numbers of a list whose entries are one or more numbers between commas; None where one is not."""
    numbers = []
    for value in values:
        for part in value.split(",") if isinstance(value, str) else [value]:
            parsed = number(part.strip() if isinstance(part, str) else part)
            if parsed is None:
                return None
            numbers.append(parsed)
    return numbers
