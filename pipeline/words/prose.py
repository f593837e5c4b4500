"""Small tools of English: lists, sentences, and words of degree."""

from collections.abc import Sequence
from random import Random

from quality.claims import Level

ADVERBS: tuple[tuple[str, ...], ...] = (
    ("slightly", "a little", "a touch", "a bit", "gently", "subtly"),
    ("", "", "clearly", "noticeably", "visibly", "moderately", "distinctly"),
    ("strongly", "considerably", "markedly", "substantially", "a lot"),
)
"""By level; stand behind a verb phrase: "lift the shadows slightly"."""

COMPARATIVE_DEGREES: tuple[tuple[str, ...], ...] = (
    ("slightly", "a little", "a touch", "a bit"),
    ("", "", "clearly", "noticeably", "visibly", "distinctly"),
    ("much", "far", "considerably", "markedly", "a lot"),
)
"""By level; stand before a comparative: "slightly brighter"."""

LEAN_DEGREES: tuple[tuple[str, ...], ...] = (
    ("slightly", "a little", "a bit"),
    ("", "", "clearly", "noticeably"),
    ("strongly", "heavily", "markedly"),
)
"""By level; stand before "toward": "leans slightly toward green"."""

EXCESS_DEGREES: tuple[tuple[str, ...], ...] = (
    ("a little too", "slightly too", "a touch too", "a bit too"),
    ("too", "too", "clearly too", "noticeably too", "visibly too"),
    ("far too", "much too", "very much too"),
)
"""By level; stand before an adjective: "far too dark"."""

PICTURES = ("picture", "photo", "image", "shot", "photograph")


def degree(table: tuple[tuple[str, ...], ...], level: Level, rng: Random) -> str:
    """A word of degree from one of the tables; may be empty."""
    return rng.choice(table[level])


def joined(parts: Sequence[str]) -> str:
    """A list: "a", "a and b", "a, b and c"; a comma before "and" where a part holds one of its own."""
    if len(parts) == 1:
        return parts[0]
    comma = "," if any(" and " in part for part in parts) else ""
    return ", ".join(parts[:-1]) + f"{comma} and {parts[-1]}"


def sentence(text: str, end: str = ".") -> str:
    """One sentence: single spaces, a capital, a full stop."""
    text = " ".join(text.split()).replace(" ,", ",")
    return text[0].upper() + text[1:] + end


def sentences(parts: Sequence[str], rng: Random) -> str:
    """Clauses as prose: one to three sentences, neighbours joined now and then."""
    texts: list[str] = []
    rest = list(parts)
    while rest:
        take = rng.choice((1, 2, 2, 3)) if len(rest) > 1 else 1
        texts.append(sentence(joined(rest[:take])))
        rest = rest[take:]
    return " ".join(texts)
