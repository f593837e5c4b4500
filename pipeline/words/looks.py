"""Asking for a look by its name. The name comes from a file that anybody may have written."""

import re
from random import Random

from pipeline.words.prose import PICTURES, sentence

_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NOT_THE_LOOK = frozenset(
    {"preset", "presets", "lut", "luts", "cube", "xmp", "profile", "filter", "look", "style", "lightroom", "photoshop"}
)
"""Words of names that say what kind of thing the file is, or which of a series."""

_COLORLESS = re.compile(r"\b(black and white|bw|mono\w*|gr[ae]yscale|colorless|noir)\b")

_MOST_WORDS, _LONGEST_WORD = 4, 14

_REQUESTS = (
    "give it {a} {look} look", "give this {pic} {a} {look} look", "please give the {pic} {a} {look} look",
    "I'd like {a} {look} look", "I would like this {pic} in {a} {look} style", "could you give it {a} {look} look",
    "can you give this {pic} {a} {look} style", "go for {a} {look} look", "aim for {a} {look} look",
    "I want {a} {look} look for this {pic}", "try {a} {look} style on this {pic}", "I'm after {a} {look} look",
    "please edit this {pic} in {a} {look} style", "make it {a} {look} {pic}",
)  # fmt: skip


def speakable(name: str) -> str | None:
    """The name of a style as one says it, in lower case; None where it is none to be said.

    Numbers, what stands in brackets and words such as "preset" are left out. What is left must be one to four plain
    English words. Whether it is true of a pair is another question, see `describe`.
    """
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)?", _IN_BRACKETS.sub(" ", name).replace("&", " and ").lower())
    words = [word for word in words if not re.fullmatch(r"v?\d+", word) and word not in _NOT_THE_LOOK]
    if not 1 <= len(words) <= _MOST_WORDS:
        return None
    if not all(re.fullmatch(r"[a-z]+(?:'[a-z]+)?", word) and 1 < len(word) <= _LONGEST_WORD for word in words):
        return None
    return " ".join(words)


def is_colorless(look: str) -> bool:
    """Whether a look, of `speakable`, promises a picture without colour."""
    return _COLORLESS.search(look) is not None


def look_request(look: str, wishes: str | None, rng: Random) -> str:
    """A request for a look, and now and then what it is to be like.

    Args:
        look: its name, of `speakable`.
        wishes: an instruction that says what changes; None where there is nothing to say.
        rng: what the choice of words depends on.
    """
    request = rng.choice(_REQUESTS)
    article = "an" if look[0] in "aeiou" else "a"
    text = sentence(
        request.format(a=article, look=look, pic=rng.choice(PICTURES)),
        "?" if request.startswith(("could", "can")) else ".",
    )
    return f"{text} {wishes}" if wishes is not None and rng.random() < 0.4 else text
