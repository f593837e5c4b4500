"""From Camera Raw settings to a recipe of aether/1, with an account of all that does not fit into it."""

from collections.abc import Mapping

from operators.catalogue import AETHER_1
from pipeline.presets.camera_raw import (
    LEGACY_TONE,
    PANELS,
    SPLITS,
    Setting,
    changes_nothing,
    is_legacy,
    is_off,
    number,
    shown,
)
from pipeline.presets.kelvin import WhitePoint, relative_white_balance
from pipeline.presets.preset import clean
from schemas.recipe import ParameterSpec, Recipe


def interpret(settings: Mapping[str, Setting], as_shot: WhitePoint | None = None) -> tuple[Recipe, dict[str, str]]:
    """Read settings as a recipe.

    A value beyond a slider's range is taken as the end of the range. Sliders at 0 are left out. Settings that change
    nothing are not reported.

    Args:
        settings: by `crs:` name without prefix.
        as_shot: white balance of the photo, for files that do not record their own.

    Returns:
        The recipe, and what it lacks: name to value and reason. A name may be in both, where a value was limited.
    """
    ignored: dict[str, str] = {}
    absent = _without_effect(settings)
    candidates: dict[str, float] = {}
    for name, value in settings.items():
        if changes_nothing(name, value):
            continue
        if name in absent:
            ignored[name] = f"{shown(value)}: {absent[name]}"
        elif name not in AETHER_1.index:
            ignored[name] = f"{shown(value)}: {AETHER_1.name} has no such slider"
        elif (parsed := number(value)) is None:
            ignored[name] = f"{shown(value)}: no number"
        else:
            candidates[name] = parsed
    white_balance, unconverted = relative_white_balance(settings, as_shot)
    values: dict[str, float] = {}
    for name, parsed in (candidates | white_balance).items():
        spec = AETHER_1.parameters[AETHER_1.index[name]]
        limited = min(max(parsed, spec.minimum), spec.maximum)
        if limited != parsed:
            ignored[name] = _limited(spec, parsed, limited)
        if limited:
            values[name] = limited
    ignored |= unconverted | _moved_splits(settings, values) | _legacy_version(settings)
    return Recipe(process=AETHER_1.name, values=values), {clean(name): clean(text) for name, text in ignored.items()}


def _without_effect(settings: Mapping[str, Setting]) -> dict[str, str]:
    """Settings that are not in force by what other settings say, with the reason."""
    reasons = dict.fromkeys(LEGACY_TONE, "a slider of process version 2010 or older, unlike those of 2012")
    for switch, names in PANELS.items():
        if is_off(settings.get(switch)):
            reasons |= dict.fromkeys(names, f"switched off by {switch}")
    version = settings.get("ProcessVersion")
    if isinstance(version, str) and version:
        current = [name for name in AETHER_1.index if name.endswith("2012")]
        inert = current if is_legacy(version) else LEGACY_TONE
        reasons |= dict.fromkeys(inert, f"has no effect under ProcessVersion {clean(version)}")
    return reasons


def _legacy_version(settings: Mapping[str, Setting]) -> dict[str, str]:
    version = settings.get("ProcessVersion")
    if isinstance(version, str) and is_legacy(version):
        return {"ProcessVersion": f"{version}: from before 2012, with other tone sliders than {AETHER_1.name}"}
    return {}


def _limited(spec: ParameterSpec, value: float, limited: float) -> str:
    return f"{value:g}: outside {spec.minimum:g} to {spec.maximum:g}, taken as {limited:g}"


def _moved_splits(settings: Mapping[str, Setting], values: Mapping[str, float]) -> dict[str, str]:
    """The bounds of the parametric bands that differ from ours, if the bands are in use."""
    if not any(name.startswith("Parametric") for name in values):
        return {}
    return {
        name: f"{shown(settings[name])}: {AETHER_1.name} has this bound at {ours:g}"
        for name, ours in SPLITS.items()
        if name in settings and number(settings[name]) != ours
    }
