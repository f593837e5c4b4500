"""Is a text well made? Prose, words that must not leak, tools that the process does not have."""

import re

from quality.text.vocabulary import Form

_PARAMETER_NAMES = re.compile(r"\b(\w+2012|Parametric\w+|Incremental\w+|\w+Adjustment[A-Z]\w+)\b")
_NULLS = re.compile(r"\b(None|nan|null|undefined)\b|[{}]|\[\]")

LONGEST = {"instruction": 400, "section": 700}
"""Characters that an instruction and a section of an answer have at most."""


def check_prose(part: str, text: str, form: Form) -> list[str]:
    """Reasons against the prose of a section: empty, broken off, badly set, too long, in another alphabet."""
    reasons = check_typed(part, text, form, LONGEST["section"])
    if text.strip() and not text.endswith(form.ends):
        reasons.append(f"text_truncated:{part}")
    if form.misset_prose.search(text):
        reasons.append(f"text_prose:{part}")
    return reasons


def check_typed(part: str, text: str, form: Form, longest: int = LONGEST["instruction"]) -> list[str]:
    """The same of what a user types, who may leave out capitals and full stops."""
    if not text.strip():
        return [f"text_empty:{part}"]
    reasons = []
    if _NULLS.search(text):
        reasons.append(f"text_null:{part}")
    if form.loose_end.search(text.rstrip("".join(form.ends))):
        reasons.append(f"text_truncated:{part}")
    if form.misset.search(text) or text != text.strip():
        reasons.append(f"text_prose:{part}")
    if form.foreign.search(text):
        reasons.append(f"text_language:{part}")
    if len(text) > longest:
        reasons.append(f"text_long:{part}")
    return reasons


def leaks(text: str, form: Form) -> list[str]:
    """Words of the pipeline in a text."""
    return [f"text_leak:{match.group().lower()}" for match in form.leaks.finditer(text)]


def foreign_tools(text: str, form: Form) -> list[str]:
    """Tools that the processes do not have, and parameters by their technical names."""
    found = [*form.tools.finditer(text), *_PARAMETER_NAMES.finditer(text)]
    return [f"text_unknown_parameter:{match.group()}" for match in found]
