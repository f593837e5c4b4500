"""Absolute white balance, in kelvin and tint, as a change from the white balance that a photo was shot with."""

from collections.abc import Mapping
from typing import NamedTuple

from pipeline.presets.camera_raw import Setting, number, shown

_TINT_STEP = 0.876
"""Steps of `IncrementalTint` in one of `crs:Tint`.

A step of `crs:Tint` is 1/3000 in CIE 1960 (u, v) (DNG SDK, dng_temperature.cpp); one of `IncrementalTint` is as long as
a mired of daylight at D65, 0.000381 (`operators.white_balance`).
"""

_INCREMENTAL = ("IncrementalTemperature", "IncrementalTint")


class WhitePoint(NamedTuple):
    """A white balance as Camera Raw states it: kelvin, and tint from -150 (green) to 150 (magenta)."""

    temperature: float
    tint: float = 0.0


def relative_white_balance(
    settings: Mapping[str, Setting], as_shot: WhitePoint | None
) -> tuple[dict[str, float], dict[str, str]]:
    """The sliders that an absolute white balance stands for, and what could not be converted, with the reason.

    A temperature T over an as-shot temperature S is 10^6 / S - 10^6 / T mired of warming, to two decimals: a higher
    setting takes the light for bluer and makes the picture warmer.

    Args:
        settings: by `crs:` name. Their own AsShotTemperature and AsShotTint go before `as_shot`.
        as_shot: white balance of the photo, where it is known.

    Returns:
        Values by slider name, unbounded, and ignored settings by name.
    """
    mode = settings.get("WhiteBalance")
    absolute = {name: settings[name] for name in ("Temperature", "Tint") if name in settings}
    if mode == "As Shot":
        return {}, {}
    if any(number(settings.get(name)) for name in _INCREMENTAL):
        reason = f"{' and '.join(_INCREMENTAL)}, meant for rendered photos, are taken instead"
        return {}, {name: f"{shown(value)}: {reason}" for name, value in absolute.items()}
    if not absolute:
        unnamed = mode in (None, "", "Custom")
        return {}, {} if unnamed else {"WhiteBalance": f"{shown(mode or '')}: named, with no temperature beside it"}
    values: dict[str, float] = {}
    ignored: dict[str, str] = {}
    references = {
        "Temperature": number(settings.get("AsShotTemperature")) or (as_shot and as_shot.temperature),
        "Tint": number(settings.get("AsShotTint")) if "AsShotTint" in settings else (as_shot and as_shot.tint),
    }
    for name, value in absolute.items():
        setting, reference = number(value), references[name]
        if setting is None or (name == "Temperature" and not setting > 0):
            ignored[name] = f"{shown(value)}: no {name.lower()}"
        elif reference is None or (name == "Temperature" and not reference > 0):
            ignored[name] = f"{shown(value)}: absolute, and the as-shot {name.lower()} is not known"
        elif name == "Temperature":
            values["IncrementalTemperature"] = round(1e6 / reference - 1e6 / setting, 2)
        else:
            values["IncrementalTint"] = round(_TINT_STEP * (setting - reference), 2)
    return values, ignored
