"""Is a text well made? Prose, words that must not leak, tools that the process does not have."""

import re

_LEAKS = re.compile(
    r"\b(presets?|degrad\w*|recipes?|unrender\w*|unretouch\w*|rendered|rendering|sliders?|inputs?|targets?|"
    r"ground.?truth|xmp|crs|lightroom|aether\w*|manifest|pipeline|normali[sz]ed|synthe\w*|histograms?|metadata|label)\b",
    re.IGNORECASE,
)
_FOREIGN_TOOLS = re.compile(
    r"\b(clarity|dehaze|grain|vignett\w*|sharpen\w*|sharpness|noise|denois\w*|blur\w*|crop\w*|"
    r"split.?toning|lut|gamma|levels|tone curve|bokeh|mask\w*)\b",
    re.IGNORECASE,
)
_PARAMETER_NAMES = re.compile(r"\b(\w+2012|Parametric\w+|Incremental\w+|\w+Adjustment[A-Z]\w+)\b")
_NULLS = re.compile(r"\b(None|nan|null|undefined)\b|[{}]|\[\]")
_FOREIGN_LETTERS = re.compile(r"[^\x20-\x7e\n\u2019\u2013\u2014\u00b0\u2212]")
_LOOSE_END = re.compile(r"(,|;|:|\b(and|or|but|the|a|an|of|to|with|toward))$", re.IGNORECASE)

LONGEST = {"instruction": 400, "section": 700}
"""Characters that an instruction and a section of an answer have at most."""


def check_prose(part: str, text: str) -> list[str]:
    """Reasons against the prose of a section: empty, broken off, badly set, too long, in another alphabet."""
    reasons = check_typed(part, text, LONGEST["section"])
    if text.strip() and not text.endswith((".", "?", "!")):
        reasons.append(f"text_truncated:{part}")
    if re.search(r"(?:^|[.?!] )[a-z]", text):
        reasons.append(f"text_prose:{part}")
    return reasons


def check_typed(part: str, text: str, longest: int = LONGEST["instruction"]) -> list[str]:
    """The same of what a user types, who may leave out capitals and full stops."""
    if not text.strip():
        return [f"text_empty:{part}"]
    reasons = []
    if _NULLS.search(text):
        reasons.append(f"text_null:{part}")
    if _LOOSE_END.search(text.rstrip(".?!")):
        reasons.append(f"text_truncated:{part}")
    if re.search(r"[^\S\n]{2,}|\s[.,;?!]|\b(\w+) \1\b", text) or text != text.strip():
        reasons.append(f"text_prose:{part}")
    if _FOREIGN_LETTERS.search(text):
        reasons.append(f"text_language:{part}")
    if len(text) > longest:
        reasons.append(f"text_long:{part}")
    return reasons


def leaks(text: str) -> list[str]:
    """Words of the pipeline in a text."""
    return [f"text_leak:{match.group().lower()}" for match in _LEAKS.finditer(text)]


def foreign_tools(text: str) -> list[str]:
    """Tools that the processes do not have, and parameters by their technical names."""
    found = [*_FOREIGN_TOOLS.finditer(text), *_PARAMETER_NAMES.finditer(text)]
    return [f"text_unknown_parameter:{match.group()}" for match in found]
