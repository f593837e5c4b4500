"""Does a pair's text fit its recipe and its pixels? Every claim is checked; reasons are short codes.

text_format, text_format:prompt          not the grammar of `quality.text.format`
text_empty:PART, text_truncated:PART     nothing there; no full stop at the end
text_null:PART                           None, nan, a template's brace
text_prose:PART                          doubled spaces, a sentence without a capital
text_leak:WORD                           a word of the pipeline
text_unknown_parameter:NAME              a tool or parameter that the process does not have
text_parameter:NAME                      a professional value that is not the recipe's
text_direction:ASPECT                    a claim that recipe and pixels do not both support
text_size:ASPECT                         "slightly" for a strong change or the reverse
text_unchanged:PART                      says that nothing changes where something visible does
text_no_claim:PART                       says neither what changes nor that nothing does
"""

import re

from quality.change import Change
from quality.claims import Claim, moves, supported
from quality.text.format import TASKS, build_prompt, parse_answer, sections_of
from quality.text.parameters import check_parameters
from quality.text.reader import read_claims
from quality.text.vocabulary import OF_ITS_OWN, UNCHANGED
from schemas.recipe import Group, Recipe
from schemas.sample import Words

_LEAKS = re.compile(
    r"\b(presets?|degrad\w*|recipes?|unrender\w*|unretouch\w*|render\w*|sliders?|inputs?|targets?|ground.?truth|"
    r"xmp|crs|lightroom|aether\w*|manifest|pipeline|normali[sz]ed|synthe\w*|histograms?|metadata|label)\b",
    re.IGNORECASE,
)
_FOREIGN_TOOLS = re.compile(
    r"\b(clarity|dehaze|texture|grain|vignett\w*|sharpen\w*|sharpness|noise|denois\w*|blur\w*|crop\w*|"
    r"split.?toning|lut|gamma|levels|tone curve|bokeh|mask\w*)\b",
    re.IGNORECASE,
)
_PARAMETER_NAMES = re.compile(r"\b(\w+2012|Parametric\w+|Incremental\w+|\w+Adjustment[A-Z]\w+)\b")
_NULLS = re.compile(r"\b(None|nan|null|undefined)\b|[{}]|\[\]")


def validate_words(words: Words, recipe: Recipe, change: Change) -> list[str]:
    """Reasons against the words of a pair; an empty list accepts them."""
    reasons = [] if words.prompt == build_prompt(words.task, words.instruction) else ["text_format:prompt"]
    claims = supported(recipe, change)
    reasons += _check_instruction(words, recipe, claims)
    try:
        sections = parse_answer(words.task, words.answer)
    except ValueError:
        return [*reasons, "text_format"]
    for name, group in sections_of(words.task).items():
        reasons += _check_section(name, sections[name], group, claims, moves(change, group))
    return list(dict.fromkeys(reasons))


def check_wish(text: str, claims: dict[str, Claim]) -> list[str]:
    """Reasons against an instruction that asks for a look in plain words, given what recipe and pixels support."""
    return _check_prose("instruction", text) + _leaks(text) + _tools(text) + _check_claims(text, None, claims)


def _check_instruction(words: Words, recipe: Recipe, claims: dict[str, Claim]) -> list[str]:
    text = words.instruction
    if not TASKS[words.task].lists_parameters:
        return check_wish(text, claims)
    prose = [] if text.startswith("{") else _check_prose("instruction", text)
    return prose + _leaks(text) + check_parameters(text, recipe)


def _check_section(name: str, text: str, group: Group, claims: dict[str, Claim], moved: bool) -> list[str]:
    reasons = _check_prose(name, text) + _leaks(text) + _tools(text)
    if not text.strip():
        return reasons
    problem = name.startswith("problem")
    unchanged = UNCHANGED.search(text.lower()) is not None
    spoken = any(claim.aspect.group == group for claim in claims.values())
    if unchanged and (spoken or (moved and not OF_ITS_OWN.search(text.lower()))):
        reasons.append(f"text_unchanged:{name}")
    if not unchanged and not read_claims(text, group, problem):
        reasons.append(f"text_no_claim:{name}")
    return reasons + _check_claims(text, group, claims, problem)


def _check_claims(text: str, group: Group | None, claims: dict[str, Claim], problem: bool = False) -> list[str]:
    reasons = []
    for said in read_claims(text, group, problem):
        claim = claims.get(said.aspect)
        if claim is None or claim.sign != said.sign or (group is not None and claim.aspect.group != group):
            reasons.append(f"text_direction:{said.aspect}")
        elif said.level is not None and abs(said.level - claim.level) == 2:
            reasons.append(f"text_size:{said.aspect}")
    return reasons


def _check_prose(part: str, text: str) -> list[str]:
    if not text.strip():
        return [f"text_empty:{part}"]
    reasons = []
    if _NULLS.search(text):
        reasons.append(f"text_null:{part}")
    if not text.endswith((".", "?", "!")):
        reasons.append(f"text_truncated:{part}")
    if re.search(r"\s{2,}|\s[.,;?!]|(?:^|[.?!] )[a-z]|\b(\w+) \1\b", text) or text != text.strip():
        reasons.append(f"text_prose:{part}")
    return reasons


def _leaks(text: str) -> list[str]:
    return [f"text_leak:{match.group().lower()}" for match in _LEAKS.finditer(text)]


def _tools(text: str) -> list[str]:
    found = [*_FOREIGN_TOOLS.finditer(text), *_PARAMETER_NAMES.finditer(text)]
    return [f"text_unknown_parameter:{match.group()}" for match in found]
