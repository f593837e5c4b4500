"""Words of a pair, made from its stored recipe and its measured change."""

from random import Random
from typing import get_args

from pipeline.words.instructions import INSTRUCTIONS
from pipeline.words.looks import look_request
from pipeline.words.sections import plan_text, problem_text
from pipeline.words.statements import choose_statements
from quality.change import Change
from quality.claims import supported
from quality.text.format import build_answer, build_prompt, sections_of
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
    instruction = INSTRUCTIONS[task](recipe, statements, rng)
    if task == "style" and look is not None:
        named = look_request(look, instruction if claims else None, rng)
        instruction = instruction if check_wish(named, claims) else named
    sections = {}
    for name, group in sections_of(task).items():
        if name.startswith("problem"):
            sections[name] = problem_text(group, statements[group], change, rng)
        else:
            sections[name] = plan_text(group, statements[group], recipe, change, task, rng)
    answer = build_answer(task, sections)
    return Words(task=task, instruction=instruction, prompt=build_prompt(task, instruction), answer=answer)
