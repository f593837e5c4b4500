"""Does a pair's text fit its recipe and its pixels? Every sentence is checked; reasons are short codes.

text_format, text_format:prompt          not the grammar of `quality.text.format`
text_empty:PART, text_truncated:PART     nothing there; broken off
text_null:PART                           None, nan, a template's brace
text_prose:PART                          doubled spaces, a sentence without a capital
text_language:PART, text_long:PART       another alphabet; too long
text_leak:WORD                           a word of the pipeline
text_unknown_parameter:NAME              a tool or parameter that the process does not have
text_parameter:NAME                      a professional value that is not the recipe's
text_parameters                          not the sliders that do most
text_direction:ASPECT                    a claim that the pixels contradict, or do not show
text_unseen:ASPECT                       a claim on what is not in the picture
text_size:ASPECT                         "slightly" for a strong change or the reverse
text_cast:ASPECT                         a fault that lies on the other side of neutral
text_unchanged:PART                      says that nothing changes where something visible does
text_unsaid:ASPECT                       a plain change of the whole picture that the answer does not say
text_no_claim:PART                       says neither what changes nor that nothing does

The reader, the vocabulary and the witness are this folder's own: the writer of words (`pipeline/words`) and its claims
share no table with them.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from quality.seen.evidence import Evidence
from quality.text.form import check_prose, check_typed, foreign_tools, leaks
from quality.text.format import TASKS, build_prompt, parse_answer, sections_of
from quality.text.languages import VOCABULARIES
from quality.text.parameters import check_parameters
from quality.text.reader import read_claims
from quality.text.truth import Facts, check_claims, check_idle, check_silence
from schemas.recipe import Group, Recipe
from schemas.sample import Language, Words


class Objection(NamedTuple):
    """A reason against words, and the sentence that it is against; empty where it is against the whole."""

    reason: str
    sentence: str = ""


def validate_words(words: Words, recipe: Recipe, evidence: Evidence, language: Language = "en") -> list[Objection]:
    """What speaks against the words of a pair; an empty list accepts them.

    Args:
        words: the words.
        recipe: the pair's recipe.
        evidence: of the pair; what it measured of the change is left to the writer.
        language: what the words are to be written in.
    """
    facts = facts_of(evidence, language)
    found = [] if words.prompt == build_prompt(words.task, words.instruction) else [Objection("text_format:prompt")]
    found += _against_instruction(words, recipe, evidence.effects, facts)
    try:
        sections = parse_answer(words.task, words.answer)
    except ValueError:
        return [*found, Objection("text_format")]
    answered = []
    for name, group in sections_of(words.task).items():
        problem = name.startswith("problem")
        found += _against_section(name, sections[name], group, facts)
        answered += read_claims(sections[name], group, problem, language)
    found += [Objection(reason) for reason in check_silence(answered, facts)]
    return list(dict.fromkeys(found))


def facts_of(evidence: Evidence, language: Language = "en") -> Facts:
    """What of the evidence words in a language are held against."""
    return Facts(evidence.witness, {group: effect.difference for group, effect in evidence.groups.items()}, language)


def check_wish(text: str, facts: Facts) -> list[Objection]:
    """What speaks against an instruction that asks for a look in plain words."""
    form = VOCABULARIES[facts.language].form
    reasons = [*check_typed("instruction", text, form), *leaks(text, form), *foreign_tools(text, form)]
    found = [Objection(reason, text) for reason in reasons]
    return found + [
        Objection(reason, sentence)
        for sentence in sentences(text, facts.language)
        for reason in check_claims(sentence, None, False, facts)
    ]


def sentences(text: str, language: Language = "en") -> list[str]:
    """The sentences of a text."""
    return [part for part in VOCABULARIES[language].form.between.split(text.strip()) if part]


def _against_instruction(
    words: Words, recipe: Recipe, effects: Mapping[str, float], facts: Facts
) -> Iterator[Objection]:
    text = words.instruction
    if TASKS[words.task].lists_parameters:
        vocabulary = VOCABULARIES[facts.language]
        typed = [] if text.startswith("{") else check_typed("instruction", text, vocabulary.form)
        for reason in [*typed, *leaks(text, vocabulary.form), *check_parameters(text, recipe, effects, vocabulary)]:
            yield Objection(reason, text)
        return
    objections = check_wish(text, facts)
    if "contradiction" in words.traits:  # it asks for the opposite, too
        objections = [found for found in objections if not found.reason.startswith(("text_direction", "text_size"))]
    yield from objections


def _against_section(name: str, text: str, group: Group, facts: Facts) -> list[Objection]:
    form = VOCABULARIES[facts.language].form
    whole = [*check_prose(name, text, form), *leaks(text, form), *foreign_tools(text, form)]
    if text.strip():
        whole += check_idle(name, text, group, facts)
    return [Objection(reason, text) for reason in whole] + [
        Objection(reason, sentence)
        for sentence in sentences(text, facts.language)
        for reason in check_claims(sentence, group, name.startswith("problem"), facts)
    ]
