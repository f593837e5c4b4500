"""Words of a pair, made from its stored recipe and its measured change."""

from collections.abc import Sequence
from random import Random
from typing import get_args

from operators.catalogue import PROCESSES
from pipeline.words.instructions import auto_instruction, style_instruction
from pipeline.words.looks import look_request
from pipeline.words.parameters import parameter_dict, parameter_sentences
from pipeline.words.sections import plan, problem
from pipeline.words.statements import Statement, choose_statements
from quality.change import Change
from quality.claims import supported
from quality.text.format import build_answer, build_prompt, sections_of
from quality.text.parameters import has_spoken_names
from quality.text.validators import check_wish
from schemas.recipe import Group, Recipe
from schemas.sample import Task, Words


def describe(task: Task, recipe: Recipe, change: Change, seed: int, look: str | None = None) -> Words:
    """Write the instruction and the answer of a pair.

    A look is the name of the pair's style, see `pipeline.words.looks.speakable`. The style task asks for it where the
    name claims nothing that the pair does not show: a "bright" one that darkens is not named.

    Nothing is said that recipe and pixels do not both show (`quality.claims.supported`). The same arguments give the
    same words, in every process and on every machine.
    """
    rng = Random(seed)
    claims = supported(recipe, change)
    statements = {group: choose_statements(claims, group, rng) for group in get_args(Group)}
    instruction = _instruction(task, recipe, statements, rng)
    if task == "style" and look is not None:
        named = look_request(look, instruction if claims else None, rng)
        instruction = instruction if check_wish(named, claims) else named
    sections = {}
    for name, group in sections_of(task).items():
        if name.startswith("problem"):
            sections[name] = problem(group, statements[group], change, rng)
        else:
            sections[name] = plan(group, statements[group], recipe, change, task, rng)
    answer = build_answer(task, sections)
    return Words(task=task, instruction=instruction, prompt=build_prompt(task, instruction), answer=answer)


def _instruction(task: Task, recipe: Recipe, statements: dict[Group, list[Statement]], rng: Random) -> str:
    if task == "auto":
        return auto_instruction(rng)
    if task == "style":
        return style_instruction(_interleaved(list(statements.values()), rng), rng)
    if rng.random() < 0.5 or not has_spoken_names(PROCESSES[recipe.process].parameters):
        return parameter_dict(recipe)
    return parameter_sentences(recipe, rng)


def _interleaved(groups: list[list[Statement]], rng: Random) -> Sequence[Statement]:
    """The first statement of every group, then the second ones, and so on."""
    rng.shuffle(groups)
    depth = max(len(group) for group in groups)
    return [group[rank] for rank in range(depth) for group in groups if rank < len(group)]
