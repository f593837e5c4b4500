"""Reading answers of the VLM, which nobody can trust: the words that one gives, or the reasons against it.

answer_cut, answer_refused       it ends at the most tokens; the VLM declined
answer_json, answer_fields       no JSON object; other fields than those that were asked for, or no text in one
answer_length:PART               nothing, or more than the validators allow
answer_characters:PART           what plain English has no need of: markup, line breaks, links, other scripts
answer_meta:WORD                 speaks of prompts, answers or programs, not of a photo
answer_lost:ASPECT               a change that the draft's instruction asks for is missing
answer_off_topic                 an instruction that asks for no change and names no picture

What the words claim of the pair is for `quality.text.validators`.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from pipeline.rewriting.question import parts_of
from quality.text.form import LONGEST
from quality.text.format import TASKS, build_answer, build_prompt, parse_answer
from quality.text.reader import read_claims
from schemas.config import VlmConfig
from schemas.rewrite import Answer
from schemas.sample import Words

_FORBIDDEN = re.compile(r"[^A-Za-z0-9 .,;:?!'()%&+\-\u2013\u2019\u00b0/]|//|www\.")

_META = re.compile(
    r"\b(prompts?|system|instructions?|json|schema|draft|assistant|language model|ai|ignore|disregard|http\w*|"
    r"api|token|password|python|script|code)\b",
    re.IGNORECASE,
)

_TOPIC = re.compile(r"\b(pictures?|photos?|photographs?|images?|shots?|frame|scene)\b", re.IGNORECASE)


class RefusedAnswerError(Exception):
    """An answer whose words cannot be used.

    Attributes:
        reasons: short codes.
    """

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


def read_reply(answer: Answer, draft: Words, config: VlmConfig) -> Words:
    """The words that an answer gives in the place of a draft.

    Raises:
        RefusedAnswerError: they cannot be used.
    """
    if answer.finish != "whole":
        raise RefusedAnswerError([f"answer_{answer.finish}"])
    asked = parts_of(draft, config)
    texts = _texts(answer.text, asked)
    changed = {name: text for name, text in texts.items() if text != asked[name]}
    reasons = [reason for name, text in changed.items() for reason in _against(name, text)]
    instruction = texts.get("instruction", draft.instruction)
    if "instruction" in changed:
        reasons += _missing(draft, instruction)
    if reasons:
        raise RefusedAnswerError(list(dict.fromkeys(reasons)))
    sections = {name: texts.get(name, text) for name, text in parse_answer(draft.task, draft.answer).items()}
    return Words(
        task=draft.task,
        instruction=instruction,
        traits=draft.traits,
        prompt=build_prompt(draft.task, instruction),
        answer=build_answer(draft.task, sections),
    )


def _texts(text: str, asked: Mapping[str, str]) -> dict[str, str]:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedAnswerError(["answer_json"]) from error
    if not isinstance(found, dict):
        raise RefusedAnswerError(["answer_json"])
    if found.keys() != asked.keys() or not all(isinstance(value, str) for value in found.values()):
        raise RefusedAnswerError(["answer_fields"])
    return {name: found[name] for name in asked}


def _against(name: str, text: str) -> list[str]:
    reasons = []
    if not 0 < len(text) <= LONGEST["instruction" if name == "instruction" else "section"]:
        reasons.append(f"answer_length:{name}")
    if _FORBIDDEN.search(text) or text != text.strip():
        reasons.append(f"answer_characters:{name}")
    return reasons + [f"answer_meta:{match.group().lower()}" for match in _META.finditer(text)]


def _missing(draft: Words, instruction: str) -> list[str]:
    """Reasons against an instruction that no longer asks for what the draft asks for."""
    if TASKS[draft.task].lists_parameters:  # the validators compare its values with the recipe
        return []
    wanted, said = ({(claim.aspect, claim.sign) for claim in read_claims(text, None)} for text in
                    (draft.instruction, instruction))  # fmt: skip
    if not wanted and not said and not _TOPIC.search(instruction):
        return ["answer_off_topic"]
    return [f"answer_lost:{aspect}" for aspect, _ in sorted(wanted - said) if aspect != "unclear"]
