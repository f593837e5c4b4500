"""Instructions as the short texts that CLIP knows: it was trained on captions, and reads a few dozen words at most."""

import json
import re

from quality.text.parameters import display_name

_ENDS = re.compile(r"(?<=[.?!])\s+")


def clauses(instruction: str) -> list[str]:
    """Split an instruction into its sentences; of parameters as JSON, say which there is to be more and less of.

    As in `{"light": {"Exposure2012": 0.2, "Contrast2012": -0.1}}`: "more exposure" and "less contrast". A text that is
    neither is one clause.
    """
    text = instruction.strip()
    found = _of_parameters(text) if text.startswith("{") else [part for part in _ENDS.split(text) if part]
    return found or [text]


def _of_parameters(text: str) -> list[str]:
    try:
        groups = json.loads(text)
    except json.JSONDecodeError:
        return []
    values = {name: value for group in groups.values() if isinstance(group, dict) for name, value in group.items()}
    return [
        f"{'more' if value > 0 else 'less'} {display_name(name).lower()}"
        for name, value in values.items()
        if isinstance(value, int | float) and value
    ]
