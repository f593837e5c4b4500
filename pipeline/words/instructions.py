"""What a user asks for: to retouch at all (auto), a look in plain words (style), or given values (professional)."""

from collections.abc import Callable, Mapping, Sequence

from operators.catalogue import PROCESSES
from pipeline.words.parameters import effective, parameter_dict, parameter_list, parameter_sentences
from pipeline.words.people import people
from pipeline.words.phrases import Phrases
from pipeline.words.reasons import reason_of
from pipeline.words.statements import Statement
from pipeline.words.surface import written
from quality.seen.evidence import Evidence
from quality.text.parameters import has_spoken_names
from schemas.recipe import Recipe
from schemas.sample import Task, Trait

_MINDS = 0.25
"""How often an auto instruction asks to mind a thing, where the picture shows one."""

_SPEAKS_OF_THINGS = 0.5
"""How often a style instruction says what becomes of a thing, where that can be seen."""

Instruction = tuple[str, list[Trait]]
"""The text, and what is particular of it."""


def auto_instruction(_recipe: Recipe, _said: Sequence[Statement], evidence: Evidence, phrases: Phrases) -> Instruction:
    """A request to retouch that says nothing of what is wrong; it may name a thing in the picture."""
    text, things = phrases.say("auto"), evidence.change.things
    if things and phrases.rng.random() < _MINDS and phrases.prose.semicolon.strip() not in text:
        thing = phrases.rng.choice(things).name.replace(" ", "_")
        text += phrases.prose.semicolon + phrases.say(f"mind.{thing}")
    return written(text, phrases.prose, phrases.rng)


def style_instruction(_recipe: Recipe, said: Sequence[Statement], evidence: Evidence, phrases: Phrases) -> Instruction:
    """The wished look: the change that one sees first, and up to three more; or a mood, which says none of them."""
    rng, prose, shares = phrases.rng, phrases.prose, people()
    if not said:
        return written(phrases.say("style.nothing"), prose, rng)
    if rng.random() < shares.measured.vague:
        text, traits = written(phrases.say("style.vague"), prose, rng)
        return text, ["vague", *traits]
    count = rng.choices(range(1, len(shares.changes) + 1), shares.changes)[0]
    wish = _wish(_chosen(said, count, phrases), evidence, phrases)
    traits = []
    if rng.random() < shares.chosen.impossible:
        wish += prose.also + phrases.say("impossible")
        traits.append("impossible")
    elif said[0].measure == "brightness" and rng.random() < shares.chosen.contradiction / 0.4:
        wish += prose.link + phrases.say("contradict.up" if said[0].sign > 0 else "contradict.down")
        traits.append("contradiction")
    text, surface = written(wish, prose, rng)
    return text, [*traits, *surface]


def professional_instruction(
    recipe: Recipe, _said: Sequence[Statement], evidence: Evidence, phrases: Phrases
) -> Instruction:
    """The sliders that do most, with their values: as JSON, as a list, or in sentences."""
    chosen = effective(recipe, evidence.effects)
    form = phrases.rng.random()
    if form < 0.35 or not has_spoken_names(PROCESSES[recipe.process].parameters):
        return parameter_dict(chosen), []
    return parameter_list(chosen, phrases) if form < 0.6 else parameter_sentences(chosen, phrases), []


INSTRUCTIONS: Mapping[Task, Callable[[Recipe, Sequence[Statement], Evidence, Phrases], Instruction]] = {
    "auto": auto_instruction,
    "style": style_instruction,
    "professional": professional_instruction,
}
"""Writes the instruction of a task, as a function of its arguments."""


def _chosen(said: Sequence[Statement], count: int, phrases: Phrases) -> Sequence[Statement]:
    """So many statements, the strongest first; often one on a thing among them, for people speak of things."""
    chosen = list(said[:count])
    things = [statement for statement in said if statement.thing]
    if things and not any(statement.thing for statement in chosen) and phrases.rng.random() < _SPEAKS_OF_THINGS:
        chosen[max(1, len(chosen) - 1) :] = things[:1]
    return chosen


def _wish(said: Sequence[Statement], evidence: Evidence, phrases: Phrases) -> str:
    """As in "make it a little warmer", "I'd like richer greens", "lift the shadows and mute the reds"."""
    rng, prose = phrases.rng, phrases.prose
    qualities = [phrases.quality(statement) for statement in said]
    results = [phrases.result(statement) for statement in said]
    kind = rng.random()
    if None not in qualities and kind < 0.45:
        text = phrases.say("style.make", wish=prose.nouns.joined([text for text in qualities if text]))
    elif None not in results and 0.45 <= kind < 0.65:
        text = phrases.say("style.want", wish=prose.nouns.joined([text for text in results if text]))
    elif len(said) == 1 and said[0].kind == "fault" and kind < 0.72:
        text = phrases.say("style.problem", problem=phrases.problem(said[0]))
    else:
        text = phrases.say("style.do", wish=prose.clauses.joined([phrases.action(statement) for statement in said]))
    why = reason_of(said[0], evidence, phrases) if len(said) == 1 else None
    return text + prose.link + why if why and prose.because not in text else text
