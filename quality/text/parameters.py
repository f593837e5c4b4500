"""Parameters in a professional instruction, read back from text and held against the recipe."""

import json
import re
from collections.abc import Mapping, Sequence

from operators.catalogue import PROCESSES
from quality.text.format import PARAMETER_GROUPS
from quality.text.vocabulary import Vocabulary
from schemas.recipe import ParameterSpec, Recipe


def display_name(name: str) -> str:
    """A parameter's name as a person writes it: "Exposure2012" is Exposure, "HueAdjustmentRed" is Red Hue."""
    if match := re.fullmatch(r"(Hue|Saturation|Luminance)Adjustment([A-Z][a-z]+)", name):
        return f"{match.group(2)} {match.group(1)}"
    plain = name.removesuffix("2012").removeprefix("Incremental")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)


def has_spoken_names(specs: Sequence[ParameterSpec]) -> bool:
    """Whether sentences can name the parameters: sliders and EV, each with a name of its own, made of words."""
    names = {display_name(spec.name) for spec in specs}
    words = all(re.fullmatch(r"[A-Z][a-z]+( [A-Z][a-z]+)?", name) for name in names)
    return words and len(names) == len(specs) and {spec.unit for spec in specs} <= {"EV", "slider"}


def check_parameters(
    instruction: str, recipe: Recipe, effects: Mapping[str, float], vocabulary: Vocabulary
) -> list[str]:
    """Reasons against the parameters of an instruction: unknown, of another value than the recipe's, or not those that
    do most.

    Args:
        instruction: JSON, a list or sentences.
        recipe: the pair's recipe.
        effects: what each of its sliders does, see `quality.effects`.
        vocabulary: of the instruction's language.
    """
    specs = {spec.name: spec for spec in PROCESSES[recipe.process].parameters}
    try:
        if instruction.startswith("{"):
            found, reasons = _in_dict(instruction, specs)
        else:
            found, reasons = _in_text(instruction, specs, vocabulary)
    except json.JSONDecodeError:
        return ["text_truncated:instruction"]
    for name, value in found.items():
        spec = specs[name]
        expected = recipe.values.get(name, spec.neutral)
        if instruction.startswith("{"):
            wrong = value != spec.normalized(expected)
        else:
            wrong = abs(value - expected) > 0.501 * (0.01 if spec.unit == "EV" else 1.0)
        if wrong:
            reasons.append(f"text_parameter:{name}")
    return reasons + ([] if _are_effective(set(found), effects) else ["text_parameters"])


FEWEST, MOST, PLAIN = 3, 8, 0.5
"""How many sliders an instruction names, and the effect from which it names more than the fewest."""


def _are_effective(named: set[str], effects: Mapping[str, float]) -> bool:
    """Whether no slider that is left out does more than one that is named, and their number is right."""
    plain = sum(effect >= PLAIN for effect in effects.values())
    count = min(max(plain, FEWEST), MOST, len(effects))
    least = min((effects.get(name, 0.0) for name in named), default=0.0)
    return len(named) == count and all(effect <= least for name, effect in effects.items() if name not in named)


def _in_dict(instruction: str, specs: Mapping[str, ParameterSpec]) -> tuple[dict[str, float], list[str]]:
    """Values by name, and reasons against names."""
    found: dict[str, float] = {}
    reasons = []
    for key, values in json.loads(instruction).items():
        if key not in PARAMETER_GROUPS.values() or not isinstance(values, dict):
            return {}, [f"text_unknown_parameter:{key}"]
        for name, value in values.items():
            if name not in specs or PARAMETER_GROUPS[specs[name].group] != key:
                reasons.append(f"text_unknown_parameter:{name}")
            else:
                found[name] = value
    return found, reasons


def _in_text(
    instruction: str, specs: Mapping[str, ParameterSpec], vocabulary: Vocabulary
) -> tuple[dict[str, float], list[str]]:
    by_display = {display_name(name): spec for name, spec in specs.items()}
    reasons = []
    found: dict[str, float] = {}
    for mention in vocabulary.mention.finditer(instruction):
        name, value = _known(mention["name"], by_display), float(mention["value"])
        if name not in by_display:
            reasons.append(f"text_unknown_parameter:{mention['name']}")
            continue
        spec = by_display[name]
        before = vocabulary.value_clauses.split(instruction[: mention.end("name")].removesuffix(name))[-1]
        sign = _direction(before + mention["verb"], vocabulary)
        if mention["by"]:
            value *= sign or 1
        elif sign * value < 0:
            reasons.append(f"text_direction:{spec.name}")
        found[spec.name] = value
    return found, reasons


def _direction(words: str, vocabulary: Vocabulary) -> int:
    """Which way the words around a name move it: 1 up, -1 down, 0 where they do not say."""
    return -1 if vocabulary.down.search(words.lower()) else 1 if vocabulary.up.search(words.lower()) else 0


def _known(name: str, known: dict[str, ParameterSpec]) -> str:
    """The mentioned name, without a capital verb that opens its sentence: "Set Exposure" is Exposure."""
    return name if name in known else name.partition(" ")[2] or name
