"""How many lies the validators catch: `python -m benchmarks.lies OUT [--lies N] [--to FILE.json]`.

OUT is a finished data set. Its good texts are spoilt, one lie a text, of several kinds in turn: a direction turned
round, another colour, a thing that is not there, another magnitude, a slider that is missing or too many, and the main
change left out. A lie that leaves the text as true as it was does not count: "mute the greens" instead of "the yellows"
is no lie where both were muted. Whether it is one is read off the pixels by `benchmarks.words_pixels`, or certain.
"""

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from rich.table import Table

from benchmarks.report import wide_console, write_report
from operators.catalogue import PROCESSES
from operators.renderer import Renderer
from pipeline.dataset.selected import Selected
from pipeline.images.codec import decode
from quality.seen.evidence import Evidence, gather
from quality.text.format import build_answer, build_prompt, parse_answer
from quality.text.validators import validate_words
from schemas.recipe import Recipe
from schemas.sample import Words

_OPPOSITES = {
    "brighten": "darken", "lighten": "darken", "raise": "lower", "lift": "lower", "increase": "reduce",
    "boost": "reduce", "strengthen": "soften", "brighter": "darker", "lighter": "darker", "dark": "bright",
    "dim": "bright", "warm": "cool", "warmer": "cooler", "enrich": "mute", "saturate": "desaturate",
    "intensify": "mute", "richer": "paler", "dull": "vivid", "pale": "vivid", "muted": "vivid", "punchier": "flatter",
    "pinker": "greener", "high": "low", "higher": "lower", "stronger": "softer", "underexposed": "overexposed",
}  # fmt: skip
OPPOSITES = {**{new: old for old, new in _OPPOSITES.items()}, **_OPPOSITES}
_DIRECTION = re.compile(rf"\b({'|'.join(OPPOSITES)})\b", re.IGNORECASE)

_HUES = ("red", "orange", "yellow", "green", "aqua", "blue", "purple", "magenta")
_HUE = re.compile(rf"\bthe ({'|'.join(_HUES)})s?\b")
_SLIGHT = re.compile(r"\b(just slightly|slightly|a little|a touch|a bit|gently|subtly|somewhat)\b")
_STRONG = re.compile(r"\b(strongly|considerably|markedly|substantially|a lot|far|much)\b")
_VALUE = re.compile(r"([A-Z]\w+(?: [A-Z]\w+)? (?:by |to )?)([+-]?)(\d+(?:\.\d+)?)")

_THINGS = {"sky": "sky", "foliage": "greenery", "water": "water", "skin": "skin"}
"""Words for things, and how the names of their regions end."""


class Good(NamedTuple):
    """A good text, and what is known of its pair."""

    key: str
    words: Words
    recipe: Recipe
    evidence: Evidence


Lie = Callable[[Good, random.Random], Words | None]
"""Spoils a text; None where it cannot be spoilt so."""


def main() -> None:
    """Plant, validate, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", metavar="OUT", help="a finished data set")
    parser.add_argument("--lies", type=int, default=1000, metavar="N", help="how many to plant (default 1000)")
    parser.add_argument("--to", type=Path, metavar="FILE.json", help="write figures and the lies that passed")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    goods = list(good_texts(arguments.dataset))
    planted, caught, passed = plant(goods, arguments.lies)
    table = Table("lie", "planted", "caught")
    for name in [*LIES, "all"]:
        of, found = (sum(c.values()) if name == "all" else c[name] for c in (planted, caught))
        table.add_row(name, str(of), f"{100 * found / of:.1f} %" if of else "")
    wide_console().print(table)
    if arguments.to:
        write_report(arguments.to, {"planted": dict(planted), "caught": dict(caught), "passed": passed})


def plant(goods: list[Good], count: int) -> tuple[Counter[str], Counter[str], list[str]]:
    """How many lies of each kind were planted and caught, and those that passed; at most so many in all."""
    planted, caught, passed = Counter[str](), Counter[str](), list[str]()
    for number in range(20 * count):
        if planted.total() >= count:
            break
        name = list(LIES)[number % len(LIES)]
        rng = random.Random(number)
        good = rng.choice(goods)
        spoilt = LIES[name](good, rng)
        if spoilt is None or spoilt == good.words:
            continue
        planted[name] += 1
        if validate_words(spoilt, good.recipe, good.evidence):
            caught[name] += 1
        else:
            passed.append(f"{name}: {good.key}: {spoilt.instruction} | {spoilt.answer}")
    return planted, caught, passed


def good_texts(root: str) -> Iterator[Good]:
    """The texts of a data set with their evidence, measured again."""
    selected = Selected(root, columns=("words", "recipe"))
    process, config = PROCESSES[selected.record.process], selected.record.config
    renderer = Renderer(process)
    for number, row in enumerate(selected.rows.to_pylist()):
        members = selected.members(number, ("input", "target"))
        before, after = (decode(bytes(member), config.image.format) for member in members)
        recipe = Recipe(process=process.name, values=row["recipe"])
        evidence = gather(renderer, before[None], after, [recipe], config.engine)[0]
        yield Good(selected.key(number), Words.model_validate(row["words"]), recipe, evidence)


def _answered(words: Words, sections: dict[str, str]) -> Words:
    return words.model_copy(update={"answer": build_answer(words.task, sections)})


def _asked(words: Words, instruction: str) -> Words:
    return words.model_copy(update={"instruction": instruction, "prompt": build_prompt(words.task, instruction)})


def _in_a_plan(
    good: Good, rng: random.Random, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]
) -> Words | None:
    """A text with one match of a pattern in its plans replaced."""
    sections = parse_answer(good.words.task, good.words.answer)
    places = [(name, m) for name, text in sections.items() if name.startswith("plan") for m in pattern.finditer(text)]
    if not places:
        return None
    name, match = rng.choice(places)
    text = sections[name]
    text = text[: match.start()] + new(match) + text[match.end() :]
    return _answered(good.words, {**sections, name: text[0].upper() + text[1:]})


def wrong_direction(good: Good, rng: random.Random) -> Words | None:
    """One direction of a plan turned round."""
    return _in_a_plan(good, rng, _DIRECTION, lambda match: OPPOSITES[match.group().lower()])


def wrong_color(good: Good, rng: random.Random) -> Words | None:
    """A hue that under 2 % of the frame is of."""
    absent = [hue for hue in _HUES if good.evidence.witness.hues[hue].share < 0.02]
    if not absent:
        return None
    return _in_a_plan(good, rng, _HUE, lambda match: match.group().replace(match.group(1), rng.choice(absent)))


def wrong_thing(good: Good, rng: random.Random) -> Words | None:
    """A thing that is not in the picture takes the place of the picture's tones."""
    shown = {name.rpartition(" ")[2] for name in good.evidence.witness.things}
    absent = [name for name, region in _THINGS.items() if region not in shown]
    if not absent:
        return None
    pattern = re.compile(r"\bthe (shadows|highlights|midtones|whole (picture|photo|image|shot|frame)|colors)\b")
    return _in_a_plan(good, rng, pattern, lambda _: f"the {rng.choice(absent)}")


def wrong_magnitude(good: Good, rng: random.Random) -> Words | None:
    """ "Slightly" for what is strong, or the reverse."""
    slight = _in_a_plan(good, rng, _STRONG, lambda _: "slightly")
    return slight or _in_a_plan(good, rng, _SLIGHT, lambda _: rng.choice(("strongly", "considerably", "markedly")))


def missing_slider(good: Good, rng: random.Random) -> Words | None:
    """A professional instruction without one of its sliders."""
    text = good.words.instruction
    if good.words.task != "professional":
        return None
    if text.startswith("{"):
        groups = json.loads(text)
        key = rng.choice([name for name, values in groups.items() if values])
        del groups[key][rng.choice(list(groups[key]))]
        return _asked(good.words, json.dumps(groups))
    matches = list(_VALUE.finditer(text))
    return _asked(good.words, text.replace(rng.choice(matches).group(), "it", 1)) if matches else None


def leaked_slider(good: Good, rng: random.Random) -> Words | None:
    """A professional instruction with a slider that the recipe leaves alone."""
    idle = [name for name, value in good.recipe.values.items() if value == 0 and name.endswith("2012")]
    if good.words.task != "professional" or not idle:
        return None
    name, text = rng.choice(idle), good.words.instruction
    if text.startswith("{"):
        groups = json.loads(text)
        groups.setdefault("Light Adjustment", {})[name] = 0.25
        return _asked(good.words, json.dumps(groups))
    return _asked(good.words, f"{text}; {name.removesuffix('2012')} +25")


def wrong_value(good: Good, rng: random.Random) -> Words | None:
    """A professional instruction with one value of the other sign."""
    text = good.words.instruction
    matches = [m for m in _VALUE.finditer(text) if m.group(2)]
    if good.words.task != "professional" or text.startswith("{") or not matches:
        return None
    match = rng.choice(matches)
    sign = "-" if match.group(2) == "+" else "+"
    return _asked(good.words, text[: match.start(2)] + sign + text[match.end(2) :])


def main_change_unsaid(good: Good, _rng: random.Random) -> Words | None:
    """An answer whose light, or whose colour, is said not to change, where brightness or warmth plainly does."""
    whole = good.evidence.witness.whole
    sizes = {"light": abs(whole["brightness"]) / 2, "globalcolor": abs(whole["colorfulness"]) / 3}
    side = max(sizes, key=lambda name: sizes[name])
    if sizes[side] < 2.5:
        return None
    sections = parse_answer(good.words.task, good.words.answer)
    for name in sections:
        if name.endswith(side):
            sections[name] = "No problem." if name.startswith("problem") else "No change."
    return _answered(good.words, sections)


LIES: dict[str, Lie] = {
    "wrong direction": wrong_direction,
    "wrong color": wrong_color,
    "wrong thing": wrong_thing,
    "wrong magnitude": wrong_magnitude,
    "missing slider": missing_slider,
    "leaked slider": leaked_slider,
    "wrong value": wrong_value,
    "main change unsaid": main_change_unsaid,
}

if __name__ == "__main__":
    main()
