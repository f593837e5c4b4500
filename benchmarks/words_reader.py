"""What the sentences of a pair claim, read by small patterns that nothing else uses: `benchmarks.words` counts by them.

A sentence is cut into clauses, a clause has at most one subject, and its adjectives, verbs and nouns say what is to
change and which way. The vocabulary is wider than that of the texts of today, so that others can be read too.
"""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["fault", "wish", "plan"]
"""What is wrong with the input; how it could be; what is to be done."""


Subject = str | tuple[str, ...]
"""A tone band, or hues; "" for the whole picture."""


class Claim(NamedTuple):
    """A change that a text asks for.

    `sign` is the direction from input to target, so a fault "too dark" has +1; +1 is brighter, of more contrast,
    warmer, more magenta, more colourful. `colors` are the hues that it concerns; empty for the whole picture.
    `clause` is where it was read.
    """

    measure: str
    sign: int
    kind: Kind
    colors: tuple[str, ...]
    clause: str


HUES = ("red", "orange", "yellow", "green", "aqua", "blue", "purple", "magenta")
_OTHER_NAMES = {"cyan": "aqua", "teal": "aqua", "turquoise": "aqua", "violet": "purple", "pink": "magenta"}
_HUE = rf"(?:{'|'.join((*HUES, *_OTHER_NAMES))})s?"
_TONES = {
    "shadows": r"shadows?|dark(?:er|est)? (?:tones?|areas?|parts?)|blacks",
    "midtones": r"mid-?tones?|middle tones?",
    "highlights": r"highlights?|bright(?:er|est)? (?:tones?|areas?|parts?)|whites",
}
_THINGS = {
    "sky": r"(?:evening )?(?:sky|skies)|clouds?",
    "greenery": r"greenery|foliage|vegetation|trees?|leaves|grass|plants?",
    "water": r"water|sea|lake|river",
    "skin": r"skin(?: tones?)?|faces?",
}
"""What a claim on these says is not of the whole picture; it is not judged here, for want of the regions."""

_NAME = rf"(?:{_HUE}(?: (?:tones?|areas?|hues?))?|{'|'.join(_TONES.values())})"
_LISTED = re.compile(rf"(?<!toward )(?<!towards )\b({_NAME})(?:, and |, | and )(?:the )?(?={_NAME}\b)")
_CLAUSES = re.compile(
    r"([,;:]|\b(?:and|but|while|then|with|plus|because|since|as (?=it|they|the)|so that|although|without|instead of)\b)"
)
_REASONS = ("because", "since", "as ")
_NEGATIONS = ("without", "instead of")
_SENTENCES = re.compile(r"(?<=[.!?])\s+")

NOTHING = re.compile(
    r"\b(?:no|hardly any|barely any|next to no|any)\b[\w\s-]*\b"
    r"(?:changes?|adjustments?|corrections?|edits?|problems?|faults?|issues?)\b"
    r"|\b(?:unchanged|untouched|next to nothing|nothing|(?:leave|keep) \w+ alone)\b"
    r"|\bas (?:it|they) (?:is|are|stands?)\b"
    r"|\b(?:looks?|is|are|seems?) (?:already )?(?:fine|good|right|balanced|in order)\b|^\W*(?:none|no)\W*$"
)
"""Says that nothing is wrong or to be done."""

LITTLE = re.compile(
    r"\b(?:fine-tune|refine (?:the|some)|minimal changes|light hand|(?:trim|adjust|tweak) [a-z ]+ lightly|"
    r"cancel out|balances? (?:the|what|out|everything))\b"
)
"""Says that something is done which nobody sees in the whole."""

_STATE = re.compile(r"\b(?:too|underexposed|overexposed|leans?|lacks?|lacking|has|there (?:is|are))\b")
_WISH = re.compile(r"\b(?:could|should|would|needs?|wants?|deserves?)\b")
_TOWARD = re.compile(r"\btowards? (?:a |an |the )?(\w+)")
_AGAIN = re.compile(r"\b(?:they|them|their|it|its)\b")
_LESS = re.compile(r"\bless\b")
_UP = re.compile(
    r"\b(?:rais\w+|lift\w*|increas\w+|boost\w*|strengthen\w*|strong(?:er)?|more|high(?:er)?|add\w*|push\w*|deepen\w*|"
    r"too much|up)\b"
)
_DOWN = re.compile(
    r"\b(?:lower\w*|reduc\w+|decreas\w+|less|low|lacks?|lacking|weak(?:er)?|soft(?:er|en)?|gentler|eas(?:e|ed|ing)|"
    r"tam(?:e|ed|ing)|cut|drop|too little|down|back)\b"
)
_CAST = re.compile(rf"\b({_HUE}|\w+ish|warm|cool|cold)(?: \w+)? (?:cast|tinge|tint)\b")
_REMOVE = re.compile(r"\b(?:remov\w+|neutrali[sz]\w+|correct\w*|fix|reduc\w+|take out|get rid of|less|counter\w*)\b")
_SIDES = {
    **dict.fromkeys(("magenta", "pink", "pinkish", "purplish"), ("tint", 1)),
    **dict.fromkeys(("green", "greenish"), ("tint", -1)),
    **dict.fromkeys(("warm", "warmer", "yellow", "yellowish", "orange", "amber"), ("warmth", 1)),
    **dict.fromkeys(("cool", "cooler", "cold", "blue", "bluish"), ("warmth", -1)),
}

# Measure, words that ask for more or say that there is much of it, words of the opposite; looked for in this order.
_ADJECTIVES = tuple(
    (measure, re.compile(rf"\b(?:{up})\b"), re.compile(rf"\b(?:{down})\b"))
    for measure, up, down in (
        ("contrast", r"punchy|punchier|harsh(?:er)?|contrasty|contrastier", r"flat(?:ter)?"),
        ("warmth", r"warm(?:s|er|ed|ing)?|yellowish|amber", r"cool(?:s|er|ed|ing)?|cold(?:er)?|bluish|chilly"),
        ("tint", r"pinkish|pinker|magenta-tinged", r"greenish|greener"),
        (
            "saturation",
            r"vivid|rich(?:er)?|enrich\w*|saturated?|oversaturated|intense(?:r)?|intensify|colou?rful|vibrant|gaudy|loud",
            r"mut(?:e|ed|ing)|calm(?:er)?|dull(?:er)?|pale(?:r)?|desaturated?|tone [\w ]*down|washed out|faded|drab",
        ),
        (
            "luma",
            r"bright(?:er)?|brighten\w*|lighter|lighten\w*|too light|open up|more open|overexposed|airy|airier",
            r"dark(?:er)?|darken\w*|dim(?:mer)?|deep(?:er)?|deepen\w*|underexposed",
        ),
    )
)
_NOUNS = tuple(
    (measure, re.compile(rf"\b(?:{words})\b"))
    for measure, words in (
        ("contrast", r"contrast|punch"),
        ("warmth", r"warmth"),
        ("saturation", r"saturation|vibrance|colou?r (?:intensity|strength)|colou?rfulness|colou?rs"),
        ("luma", r"brightness|exposure|luminance"),
    )
)


def sections(answer: str) -> dict[str, str]:
    """The texts of an answer by the names of their tags."""
    return dict(re.findall(r"<(\w+)_start>(.*?)<\1_end>", answer, re.DOTALL))


def sentences(text: str) -> list[str]:
    """The sentences of a text, in lower case."""
    return [part for part in _SENTENCES.split(text.strip().lower()) if part]


def says_nothing(sentence: str) -> bool:
    """Whether a sentence, in lower case, says that nothing is wrong or to be done."""
    return NOTHING.search(sentence) is not None


def says_little(sentence: str) -> bool:
    """Whether a sentence, in lower case, says that something is done which nobody sees in the whole."""
    return LITTLE.search(sentence) is not None


def claims(text: str, problem: bool = False) -> list[Claim]:
    """The claims of a text; `problem` says that it describes the input."""
    return [claim for sentence in sentences(text) for claim in _of_sentence(sentence, problem)]


def _of_sentence(sentence: str, problem: bool) -> list[Claim]:
    last: Subject = ""
    sign, found = 0, list[Claim]()
    parts = ["", *_CLAUSES.split(_LISTED.sub(r"\1+", sentence))]
    for joint, clause in zip(parts[::2], parts[1::2], strict=True):
        idle = NOTHING.search(clause) is not None
        match = None if idle else _TOWARD.search(clause)
        named = clause if match is None else clause[: match.start()] + clause[match.end() :]
        subject = _subject(named) or (last if _AGAIN.search(clause) else "")
        if subject:
            last = subject
        change = None if idle or joint in _NEGATIONS else _change(named, subject, match.group(1) if match else None)
        if change is None and not idle and found and len(clause.split()) <= 2:  # "raise the brightness and contrast"
            noun = next((measure for measure, words in _NOUNS if words.search(clause)), None)
            change = None if noun is None else (_named(noun, ""), sign)
        if change is not None:
            measure, sign = change
            described = problem or joint in _REASONS or _STATE.search(clause) is not None
            state = described and not _WISH.search(clause)
            kind: Kind = "fault" if state else "wish" if problem else "plan"
            colors = subject if isinstance(subject, tuple) else ()
            found.append(Claim(measure, -sign if state else sign, kind, colors, clause.strip()))
    return found


def _subject(clause: str) -> Subject:
    if _CAST.search(clause):
        return ""
    hues = [hue.removesuffix("s") for hue in re.findall(rf"\b{_HUE}\b", clause)]
    if hues:
        return tuple(dict.fromkeys(_OTHER_NAMES.get(hue, hue) for hue in hues))
    if thing := next((thing for thing, words in _THINGS.items() if re.search(rf"\b(?:{words})\b", clause)), ""):
        return thing
    return next((tone for tone, words in _TONES.items() if re.search(rf"\b(?:{words})\b", clause)), "")


def _change(clause: str, subject: Subject, toward: str | None) -> tuple[str, int] | None:
    colors = isinstance(subject, tuple)
    if toward is not None:
        return ("hue", 1) if colors else _SIDES.get(toward)
    if cast := _CAST.search(clause):
        side = _SIDES.get(cast.group(1).removesuffix("s"))
        return side and (side[0], -side[1] if _REMOVE.search(clause) else side[1])
    if isinstance(subject, str) and subject in _TONES:  # "brighter areas" names tones, and says nothing of a direction
        clause = re.sub(rf"\b(?:{_TONES[subject]})\b", " ", clause)
    flip = -1 if _LESS.search(clause) else 1
    for measure, up, down in _ADJECTIVES:
        if not (colors and measure in ("warmth", "tint")) and (up.search(clause) or down.search(clause)):
            sign = 1 if up.search(clause) else -1
            return _named(measure, subject), sign * flip
    if not (_UP.search(clause) or _DOWN.search(clause)):
        return None
    noun = next((measure for measure, words in _NOUNS if words.search(clause)), None)
    if noun is None:
        noun = "saturation" if colors else "luma" if subject else None
    sign = -1 if _DOWN.search(clause) else 1
    return None if noun is None else (_named(noun, subject), sign)


def _named(measure: str, subject: Subject) -> str:
    if subject in _THINGS:
        return f"{subject} {measure}"
    names: Mapping[str, str] = {"luma": "brightness" if not subject or isinstance(subject, tuple) else subject}
    return names.get(measure, measure)
