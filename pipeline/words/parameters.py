"""Professional instructions: the sliders that do most, as a dict of parameters, as a list or as sentences."""

import json
from collections.abc import Mapping, Sequence
from random import Random

from operators.catalogue import PROCESSES
from pipeline.words.prose import joined, sentence
from quality.text.format import PARAMETER_GROUPS
from quality.text.parameters import display_name
from schemas.recipe import ParameterSpec, Recipe

_UP = ("raise", "increase", "push", "bring up")
_DOWN = ("lower", "reduce", "pull back", "bring down")
_LISTS = ("set", "use", "apply", "dial in")
_NOTHING = "Leave every value at zero."

FEWEST, MOST = 3, 8
"""Sliders that an instruction names, where the recipe has as many."""

_EFFECTIVE = 0.5
"""Mean CIEDE2000 that a slider makes alone for an instruction to name more than the fewest."""


def effective(recipe: Recipe, effects: Mapping[str, float]) -> Recipe:
    """The part of a recipe that an instruction names: three to eight sliders, those that do most.

    Args:
        recipe: the recipe.
        effects: what each of its sliders does alone, see `quality.effects`.
    """
    best = sorted(effects, key=lambda name: -effects[name])
    count = min(max(sum(effect >= _EFFECTIVE for effect in effects.values()), FEWEST), MOST)
    named = set(best[:count])
    return Recipe(process=recipe.process, values={n: value for n, value in recipe.values.items() if n in named})


def parameter_dict(recipe: Recipe) -> str:
    """The parameters that are not neutral as JSON, in [-1, 1], under the keys of their groups."""
    groups: dict[str, dict[str, float]] = {}
    for spec in PROCESSES[recipe.process].parameters:
        value = spec.normalized(recipe.values.get(spec.name, spec.neutral))
        if value:
            groups.setdefault(PARAMETER_GROUPS[spec.group], {})[spec.name] = value
    return json.dumps(groups)


def parameter_sentences(recipe: Recipe, rng: Random) -> str:
    """The parameters in plain text with their values: EV to two decimals, sliders to whole steps."""
    texts = []
    for group in PARAMETER_GROUPS:
        values = [
            (spec, _shown(spec, recipe.values.get(spec.name, 0.0)))
            for spec in PROCESSES[recipe.process].parameters
            if spec.group == group
        ]
        values = [(spec, value) for spec, value in values if float(value)]
        if values:
            as_list = group == "specific" or rng.random() < 0.4
            texts.append(_as_list(values, rng) if as_list else joined([_as_verb(spec, v, rng) for spec, v in values]))
    return " ".join(sentence(text) for text in texts) or _NOTHING


def parameter_list(recipe: Recipe, rng: Random) -> str:
    """The parameters with their values one after the other: "Exposure +0.35 EV; Shadows +20"."""
    specs = PROCESSES[recipe.process].parameters
    values = [(spec, _shown(spec, recipe.values.get(spec.name, spec.neutral))) for spec in specs]
    between = rng.choice((", ", "; ", " | ", "\n"))
    return between.join(f"{display_name(spec.name)} {v}{_unit(spec)}" for spec, v in values if float(v)) or _NOTHING


def _as_list(values: Sequence[tuple[ParameterSpec, str]], rng: Random) -> str:
    return (
        f"{rng.choice(_LISTS)} {joined([f'{display_name(spec.name)} {value}{_unit(spec)}' for spec, value in values])}"
    )


def _as_verb(spec: ParameterSpec, value: str, rng: Random) -> str:
    verb = rng.choice(_DOWN if value.startswith("-") else _UP)
    amount = f"by {value[1:]}" if rng.random() < 0.5 else f"to {value}"
    return f"{verb} {display_name(spec.name)} {amount}{_unit(spec)}"


def _shown(spec: ParameterSpec, value: float) -> str:
    return f"{value:+.2f}" if spec.unit == "EV" else f"{value:+.0f}"


def _unit(spec: ParameterSpec) -> str:
    return " EV" if spec.unit == "EV" else ""
