"""Professional instructions: the sliders that do most, as a dict of parameters, as a list or as sentences."""

import json
from collections.abc import Mapping, Sequence

from operators.catalogue import PROCESSES
from pipeline.words.phrases import Phrases
from quality.text.format import PARAMETER_GROUPS
from quality.text.parameters import display_name
from schemas.recipe import ParameterSpec, Recipe

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


def parameter_sentences(recipe: Recipe, phrases: Phrases) -> str:
    """The parameters in plain text with their values: EV to two decimals, sliders to whole steps."""
    texts, prose = [], phrases.prose
    for group in PARAMETER_GROUPS:
        values = [
            (spec, _shown(spec, recipe.values.get(spec.name, 0.0)))
            for spec in PROCESSES[recipe.process].parameters
            if spec.group == group
        ]
        values = [(spec, value) for spec, value in values if float(value)]
        if values:
            as_list = group == "specific" or phrases.rng.random() < 0.4
            texts.append(
                _as_list(values, phrases)
                if as_list
                else prose.clauses.joined([_as_verb(spec, value, phrases) for spec, value in values])
            )
    return prose.space.join(prose.sentence(text) for text in texts) or phrases.say("parameter.none")


def parameter_list(recipe: Recipe, phrases: Phrases) -> str:
    """The parameters with their values one after the other: "Exposure +0.35 EV; Shadows +20"."""
    specs = PROCESSES[recipe.process].parameters
    values = [(spec, _shown(spec, recipe.values.get(spec.name, spec.neutral))) for spec in specs]
    between = phrases.rng.choice((", ", "; ", " | ", "\n"))
    listed = between.join(f"{display_name(spec.name)} {v}{_unit(spec)}" for spec, v in values if float(v))
    return listed or phrases.say("parameter.none")


def _as_list(values: Sequence[tuple[ParameterSpec, str]], phrases: Phrases) -> str:
    verb = phrases.say("parameter.list")
    listed = [f"{display_name(spec.name)} {value}{_unit(spec)}" for spec, value in values]
    return phrases.prose.listed.format(verb=verb, values=phrases.prose.clauses.joined(listed))


def _as_verb(spec: ParameterSpec, value: str, phrases: Phrases) -> str:
    verb, name = phrases.say("parameter.down" if value.startswith("-") else "parameter.up"), display_name(spec.name)
    if phrases.rng.random() < 0.5:
        return phrases.prose.by.format(verb=verb, name=name, amount=value[1:] + _unit(spec))
    return phrases.prose.to.format(verb=verb, name=name, value=value + _unit(spec))


def _shown(spec: ParameterSpec, value: float) -> str:
    return f"{value:+.2f}" if spec.unit == "EV" else f"{value:+.0f}"


def _unit(spec: ParameterSpec) -> str:
    return " EV" if spec.unit == "EV" else ""
