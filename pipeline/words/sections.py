"""The sections of an answer: the problem and the plan of one group."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from pipeline.words.phrases import action, fault, thing
from pipeline.words.prose import PICTURES, joined, sentence, sentences
from pipeline.words.statements import Statement
from quality.change import Change
from quality.claims import is_zero, moves
from quality.text.format import TASKS
from schemas.recipe import Group, Recipe
from schemas.sample import Task

# Words for a group: (noun, whether it is plural).
_NAMES: Mapping[Group, tuple[tuple[str, bool], ...]] = {
    "light": (
        ("the lighting", False), ("the light", False), ("the tones", True), ("exposure and contrast", True),
        ("the tonal range", False), ("brightness and contrast", True),
    ),
    "color": (
        ("the overall color", False), ("the white balance and overall saturation", True), ("the color balance", False),
        ("the global color", False), ("the colors as a whole", True),
    ),
    "specific": (
        ("the individual colors", True), ("the single hues", True), ("the separate color ranges", True),
        ("the individual color ranges", True), ("the single colors", True),
    ),
}  # fmt: skip

_ADJECTIVES: Mapping[Group, tuple[str, ...]] = {
    "light": ("lighting", "tonal", "brightness or contrast"),
    "color": ("global color", "overall color", "white balance or saturation"),
    "specific": ("specific color", "single-color", "individual color"),
}

_PLAN_OPENINGS = ("", "", "", "here, ", "for this {pic}, ", "in this {pic}, ")
_THING_OPENINGS = (
    "aim for", "this {pic} needs", "the {pic} calls for", "go for", "the {pic} gains from",
    "give the {pic}", "this {pic} would benefit from",
)  # fmt: skip
_FAULT_OPENINGS = ("", "", "", "", "in this {pic}, ", "here, ", "at the moment, ", "right now, ")


def problem_text(group: Group, statements: Sequence[Statement], change: Change, rng: Random) -> str:
    """What is wrong with this side of the input."""
    if not statements:
        return _nothing_of_its_own(group, "no", rng) if moves(change, group) else _no_problem(group, rng)
    faults = _clauses(statements, lambda statement, named: fault(statement, change.input, rng, named))
    return sentences([_opening(_FAULT_OPENINGS, faults, rng) + faults[0], *faults[1:]], rng)


def plan_text(
    group: Group, statements: Sequence[Statement], recipe: Recipe, change: Change, task: Task, rng: Random
) -> str:
    """What is to be done. Without statements: no change where the recipe holds none, hardly any where it does."""
    if not statements:
        zero = is_zero(recipe, group)
        if moves(change, group):
            return _nothing_of_its_own(group, "no" if zero else rng.choice(("hardly any", "next to no")), rng)
        return _no_change(group, rng) if zero else _hardly_any_change(group, task, rng)
    pic = rng.choice(PICTURES)
    things = [thing(statement, rng) for statement in statements]
    nouns = [text for text in things if text is not None]
    if len(nouns) == len(things) and rng.random() < 0.25:
        return sentence(f"{rng.choice(_THING_OPENINGS)} {joined(nouns)}".format(pic=pic))
    actions = _clauses(statements, lambda statement, named: action(statement, rng, named))
    if len(actions) > 1 and rng.random() < 0.3:
        rest = joined(actions[1:])
        return sentence(f"{rng.choice(('first ', ''))}{actions[0]}, {rng.choice(('then', 'and then'))} {rest}")
    return sentences([_opening(_PLAN_OPENINGS, actions, rng) + actions[0], *actions[1:]], rng)


def _clauses(statements: Sequence[Statement], say: Callable[[Statement, bool], str]) -> list[str]:
    """A clause for each statement; what is said of the same colours again becomes one with the first: "and they"."""
    said: dict[tuple[str, ...], str] = {}
    for position, statement in enumerate(statements):
        key = statement.bands or (str(position),)
        said[key] = f"{said[key]} and {say(statement, False)}" if key in said else say(statement, True)
    return list(said.values())


def _opening(openings: Sequence[str], parts: Sequence[str], rng: Random) -> str:
    """An opening that does not name the picture where the text does so itself."""
    named = any(pic in part for part in parts for pic in PICTURES)
    return rng.choice([text for text in openings if not named or "{" not in text]).format(pic=rng.choice(PICTURES))


def _nothing_of_its_own(group: Group, amount: str, rng: Random) -> str:
    """For a side that the edit does not address but that changes along with the others."""
    name, plural = rng.choice(_NAMES[group])
    need, own = ("need", "their own") if plural else ("needs", "its own")
    noun, pic = rng.choice(("correction", "adjustment", "change")), rng.choice(PICTURES)
    tail = rng.choice(("", "here", f"in this {pic}"))
    return sentence(
        rng.choice(
            (
                f"{name} {need} {amount} {noun} of {own} {tail}",
                f"{tail + ',' if tail else ''} {name} {need} {amount} {noun} of {own}",
                f"{amount} separate {rng.choice(_ADJECTIVES[group][:2])} {noun} is needed {tail}",
            )
        )
    )


def _no_problem(group: Group, rng: Random) -> str:
    name, plural = rng.choice(_NAMES[group])
    adjective, pic = rng.choice(_ADJECTIVES[group]), rng.choice(PICTURES)
    return sentence(
        rng.choice(
            (
                f"{name} {'look' if plural else 'looks'} {rng.choice(('fine', 'good', 'right', 'balanced'))}",
                f"{name} {'look' if plural else 'looks'} {rng.choice(('fine', 'good', 'right'))} in this {pic}",
                f"{name} {'show' if plural else 'shows'} no {rng.choice(('clear', 'obvious', 'visible'))} "
                f"{rng.choice(('problem', 'fault'))}",
                f"{name} {'need' if plural else 'needs'} no {rng.choice(('correction', 'adjustment', 'change'))}",
                f"there is no {rng.choice(('clear', 'obvious', 'visible'))} {adjective} "
                f"{rng.choice(('problem', 'issue', 'fault'))} {rng.choice(('here', f'in this {pic}'))}",
                f"the {pic} has no {adjective} {rng.choice(('problem', 'issue'))} to {rng.choice(('fix', 'correct'))}",
            )
        )
    )


def _no_change(group: Group, rng: Random) -> str:
    name, plural = rng.choice(_NAMES[group])
    adjective, pic = rng.choice(_ADJECTIVES[group]), rng.choice(PICTURES)
    keep = rng.choice(("leave", "keep"))
    state = f"as {'they are' if plural else 'it is'}"
    ending = rng.choice(("unchanged", "untouched", state, state))
    return sentence(
        rng.choice(
            (
                f"{keep} {name} {ending}",
                f"{keep} {name} of this {pic} {ending}" if " as a whole" not in name else f"{keep} {name} {ending}",
                f"{name} {'need' if plural else 'needs'} no {rng.choice(('change', 'adjustment', 'correction'))} "
                f"{rng.choice(('here', f'in this {pic}'))}",
                f"no {adjective} {rng.choice(('adjustment', 'change', 'correction'))} is "
                f"{rng.choice(('needed', 'necessary', 'required'))} {rng.choice(('', 'here', f'for this {pic}'))}",
                f"{name} {'stay' if plural else 'stays'} {ending}",
            )
        )
    )


def _hardly_any_change(group: Group, task: Task, rng: Random) -> str:
    name, plural = rng.choice(_NAMES[group])
    adjective, pic = rng.choice(_ADJECTIVES[group]), rng.choice(PICTURES)
    options = [
        f"{name} {'need' if plural else 'needs'} next to no {rng.choice(('change', 'adjustment', 'correction'))} "
        f"{rng.choice(('', 'here', f'in this {pic}'))}",
        f"keep {name} almost unchanged",
        f"leave {name} practically as {'they are' if plural else 'it is'}",
        f"hardly any {adjective} {rng.choice(('change', 'adjustment'))} is "
        f"{rng.choice(('needed', 'required'))} {rng.choice(('', 'here', f'for this {pic}'))}",
    ]
    if TASKS[task].lists_parameters:
        options += [
            f"apply the given {adjective} values, which change next to nothing in this {pic}",
            f"the {adjective} values as given change next to nothing that the eye can see",
        ]
    return sentence(rng.choice(options))
