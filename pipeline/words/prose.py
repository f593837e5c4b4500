"""Small tools of English: lists and sentences."""

from collections.abc import Sequence
from random import Random


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
