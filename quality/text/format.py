"""The text format of VeraRetouch: task tokens, section tags, retouch tokens; how to build it and how to parse it.

    prompt   = "<image>" LF task text
    task     = "<Auto_Retouch_Task>" | "<Style_Retouch_Task>" | "<Professional_Retouch_Task>"
    answer   = [problems] plans tokens                   problems in the auto task only
    problems = section("problem_light") section("problem_globalcolor") section("problem_specificcolor")
    plans    = section("plan_light") section("plan_globalcolor") section("plan_specificcolor")
    section(name) = "<" name "_start>" text "<" name "_end>"
    tokens   = "<retouch_light>" "<retouch_color&temp>" "<retouch_colormixer>"
    text     = one or more characters, none of them "<" or ">", without white space at either end

Nothing stands between the parts: no space, no line break.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple, get_args

from schemas.recipe import Group
from schemas.sample import Task


class TaskFormat(NamedTuple):
    """What the texts of one task look like."""

    token: str
    """Opens the instruction in the prompt."""
    has_problems: bool
    """Whether the answer states the problems before the plans."""
    lists_parameters: bool
    """Whether the instruction states the recipe's values, rather than wishes in plain words."""


TASKS: Mapping[Task, TaskFormat] = {
    "auto": TaskFormat("<Auto_Retouch_Task>", has_problems=True, lists_parameters=False),
    "style": TaskFormat("<Style_Retouch_Task>", has_problems=False, lists_parameters=False),
    "professional": TaskFormat("<Professional_Retouch_Task>", has_problems=False, lists_parameters=True),
}
RETOUCH_TOKENS = ("<retouch_light>", "<retouch_color&temp>", "<retouch_colormixer>")
PARAMETER_GROUPS: Mapping[Group, str] = {
    "light": "Light Adjustment",
    "color": "Color and Temperature Adjustment",
    "specific": "Specific Color Adjustment",
}
"""Keys of the dict of parameters in a professional instruction."""

_ASPECT_TAGS: Mapping[Group, str] = {"light": "light", "color": "globalcolor", "specific": "specificcolor"}


def sections_of(task: Task) -> dict[str, Group]:
    """The sections that an answer to the task holds, in order, each with the group that it speaks of."""
    kinds = ("problem", "plan") if TASKS[task].has_problems else ("plan",)
    return {f"{kind}_{_ASPECT_TAGS[group]}": group for kind in kinds for group in get_args(Group)}


def build_prompt(task: Task, instruction: str) -> str:
    """The user's turn."""
    return f"<image>\n{TASKS[task].token}{instruction}"


def build_answer(task: Task, sections: Mapping[str, str]) -> str:
    """The model's turn from the text of each section of `sections_of(task)`."""
    parts = [f"<{name}_start>{sections[name]}<{name}_end>" for name in sections_of(task)]
    return "".join(parts) + "".join(RETOUCH_TOKENS)


def parse_answer(task: Task, answer: str) -> dict[str, str]:
    """Text of each section of an answer; the inverse of `build_answer`.

    A section may be empty here: what a text says is for the validators.

    Raises:
        ValueError: the answer does not follow the grammar.
    """
    names = sections_of(task)
    pattern = "".join(f"<{name}_start>([^<>]*)<{name}_end>" for name in names) + re.escape("".join(RETOUCH_TOKENS))
    match = re.fullmatch(pattern, answer)
    if match is None:
        raise ValueError(f"answer does not follow the grammar of the {task} task: {answer[:80]!r}")
    return dict(zip(names, match.groups(), strict=True))
