"""Words of a pair, made from its stored recipe and its measured change."""

from random import Random

from pipeline.words.instructions import INSTRUCTIONS
from pipeline.words.looks import look_request
from pipeline.words.phrases import Phrases
from pipeline.words.sections import plan_text, problem_text
from pipeline.words.statements import ranked, statements_of
from quality.seen.evidence import Evidence
from quality.text.format import build_answer, build_prompt, sections_of
from quality.text.validators import check_wish, facts_of
from schemas.recipe import Recipe
from schemas.sample import Language, Task, Trait, Words


def describe(
    task: Task, recipe: Recipe, evidence: Evidence, seed: int, look: str | None = None, language: Language = "en"
) -> Words:
    """Write the instruction and the answer of a pair.

    A look is the name of the pair's style, see `pipeline.words.looks.speakable`. The style task asks for it where the
    name claims nothing that the pair does not show: a "bright" one that darkens is not named.

    Nothing is said that the pixels do not show, and of each group of sliders what it does to them. The same arguments
    give the same words, in every process and on every machine.
    """
    phrases = Phrases(language, Random(seed))
    statements = statements_of(evidence)
    said = ranked(statements)
    instruction, traits = INSTRUCTIONS[task](recipe, said, evidence, phrases)
    if task == "style" and look is not None:
        named = look_request(look, instruction if said and "contradiction" not in traits else None, phrases)
        if not check_wish(named, facts_of(evidence, language)):
            instruction, traits = named, _kept(traits) if instruction in named else []
    sections = {}
    for name, group in sections_of(task).items():
        if name.startswith("problem"):
            sections[name] = problem_text(statements[group], evidence, phrases)
        else:
            sections[name] = plan_text(group, statements[group], evidence, phrases)
    return Words(
        task=task,
        instruction=instruction,
        traits=tuple(traits),
        prompt=build_prompt(task, instruction),
        answer=build_answer(task, sections),
    )


def _kept(traits: list[Trait]) -> list[Trait]:
    """The traits of an instruction that stands behind the name of a look, which is no mood alone."""
    return [trait for trait in traits if trait != "vague"]
