"""What a user asks for: to retouch at all (auto), a look in plain words (style), or given values (professional)."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from operators.catalogue import PROCESSES
from pipeline.words.parameters import parameter_dict, parameter_sentences
from pipeline.words.phrases import action, quality, thing
from pipeline.words.prose import PICTURES, joined, sentence
from pipeline.words.statements import Statement
from quality.text.parameters import has_spoken_names
from schemas.recipe import Group, Recipe
from schemas.sample import Task

_LEADS = (
    "", "", "", "please ", "could you ", "can you ", "would you ", "I would like you to ", "I'd like you to ",
    "I want you to ", "help me ", "I need you to ", "could you please ", "can you please ", "would you please ",
)  # fmt: skip
_QUESTIONS = ("could", "can", "would")
_VERBS = (
    "retouch", "edit", "improve", "enhance", "finish", "touch up", "polish", "correct", "refine", "fix up", "process",
    "work on", "optimize", "perfect", "tidy up",
)  # fmt: skip
_WAYS = (
    "", "", "for me", "with care", "the way a professional would", "like an experienced photographer", "as you see fit",
    "to a professional standard", "the way you think best", "from start to finish", "by your own judgment",
)  # fmt: skip
_AIMS = (
    "", "", "so that it looks its best", "so that it looks finished", "so that light and color work together",
    "so that it is ready to print", "so that it is ready to share", "and tell me what you change",
    "and explain what is wrong with it", "and name the problems first", "so that it looks natural and well balanced",
    "so that light and color look right", "and say what you would do", "so that I can show it to others",
    "and describe the problems that you see", "so that nothing about it distracts", "and list what needs work",
    "so that it could hang on a wall", "so that it fits an album", "so that its light and its colors convince",
)  # fmt: skip
_WISHES = (
    "I would like", "I'd like", "I want", "please give the {pic}", "give the {pic}", "give this {pic}", "go for",
    "aim for", "I am after", "could I have", "let the {pic} have", "I have in mind", "I'd love", "I'm looking for",
    "try",
)  # fmt: skip
_STYLE_LEADS = (
    "", "", "", "please ", "for this {pic}, ", "in this {pic}, ", "could you ", "can you ", "I'd like you to ",
    "would you ", "here, please ", "I want you to ",
)  # fmt: skip
_MAKES = (
    "make it", "make this {pic}", "please make it", "make the whole {pic}", "I'd like it", "I want it",
    "please make the {pic}",
)  # fmt: skip
_WHOLE = ("brightness", "warmth", "colorfulness", "contrast")


Statements = Mapping[Group, list[Statement]]
"""What may be said of a pair, by group, the strongest first."""


def auto_instruction(_recipe: Recipe, _statements: Statements, rng: Random) -> str:
    """A request to retouch that says nothing of the picture."""
    lead, pic = rng.choice(_LEADS), rng.choice(PICTURES)
    noun = rng.choice((f"this {pic}", f"my {pic}", f"the {pic}", f"this {pic} of mine"))
    text = f"{lead}{rng.choice(_VERBS)} {noun} {rng.choice(_WAYS)} {rng.choice(_AIMS)}"
    return sentence(text, "?" if lead.startswith(_QUESTIONS) else ".")


def style_instruction(_recipe: Recipe, statements: Statements, rng: Random) -> str:
    """The wished look: up to five of the statements, the strongest surely, in one sentence or two."""
    ranked = _interleaved(list(statements.values()), rng)
    pic = rng.choice(PICTURES)
    if not ranked:
        return sentence(
            rng.choice(
                (
                    f"{rng.choice(('keep', 'leave'))} {rng.choice(('the look of', 'the style of'))} this {pic} "
                    f"{rng.choice(('almost', 'practically', 'nearly'))} as it is",
                    f"{rng.choice(('please retouch', 'finish', 'refine'))} this {pic} with hardly any change to its "
                    f"{rng.choice(('look', 'style', 'character'))}",
                )
            )
        )
    chosen = list(ranked[: rng.randint(min(2, len(ranked)), min(5, len(ranked)))])
    whole = [statement for statement in chosen if statement.measure in _WHOLE]
    if whole and rng.random() < 0.35:
        return _make(whole[:2], [s for s in chosen if s not in whole[:2]], pic, rng)
    nouns = [text for text in (thing(statement, rng) for statement in chosen) if text is not None]
    if len(nouns) == len(chosen) and rng.random() < 0.55:
        wish = rng.choice(_WISHES).format(pic=pic)
        return sentence(f"{wish} {joined(nouns)}", "?" if wish.startswith(_QUESTIONS) else ".")
    lead = rng.choice(_STYLE_LEADS).format(pic=pic)
    return sentence(
        lead + joined([action(statement, rng) for statement in chosen]), "?" if lead.startswith(_QUESTIONS) else "."
    )


def professional_instruction(recipe: Recipe, _statements: Statements, rng: Random) -> str:
    """The recipe's values: as JSON, or in sentences where each parameter has a name that can be said."""
    if rng.random() < 0.5 or not has_spoken_names(PROCESSES[recipe.process].parameters):
        return parameter_dict(recipe)
    return parameter_sentences(recipe, rng)


INSTRUCTIONS: Mapping[Task, Callable[[Recipe, Statements, Random], str]] = {
    "auto": auto_instruction,
    "style": style_instruction,
    "professional": professional_instruction,
}
"""Writes the instruction of a task, as a function of its arguments."""


def _interleaved(groups: list[list[Statement]], rng: Random) -> Sequence[Statement]:
    """The first statement of every group, then the second ones, and so on."""
    rng.shuffle(groups)
    depth = max(len(group) for group in groups)
    return [group[rank] for rank in range(depth) for group in groups if rank < len(group)]


def _make(whole: Sequence[Statement], rest: Sequence[Statement], pic: str, rng: Random) -> str:
    """As in "Make it warmer and a little brighter, with calmer greens. Shift the blues toward aqua." """
    text = f"{rng.choice(_MAKES)} {joined([quality(statement, rng) for statement in whole])}".format(pic=pic)
    nouns, actions = [], []
    for statement in rest:
        phrase = thing(statement, rng)
        if phrase is None:
            actions.append(action(statement, rng))
        else:
            nouns.append(phrase)
    if nouns:
        text += f", with {joined(nouns)}"
    return " ".join([sentence(text), *([sentence(joined(actions))] if actions else [])])
