"""The surface of instructions: people leave out capitals and full stops, and mistype."""

from random import Random

from pipeline.words.people import people
from pipeline.words.prose import Prose
from schemas.sample import Trait

_LEAST_TYPED = 5
"""Letters that a word has at least to be mistyped; in shorter ones a slip often makes another word."""


def written(text: str, prose: Prose, rng: Random) -> tuple[str, list[Trait]]:
    """A clause as a person types it, with what is particular of it."""
    shares = people()
    stopless = rng.random() < shares.measured.no_final_stop
    lower = rng.random() < shares.chosen.lower_case
    typed = prose.asked(text)
    traits: list[Trait] = []
    if prose.letters and rng.random() < shares.chosen.typo and (mistyped := _mistyped(typed, rng)) != typed:
        typed = mistyped
        traits.append("typo")
    if stopless:
        typed = typed[:-1]
    if prose.letters and lower and not typed.startswith(prose.capitals):
        typed = typed[0].lower() + typed[1:]
    return typed, traits


def _mistyped(text: str, rng: Random) -> str:
    """One slip in one word: two letters swapped, one left out, or one typed twice. The first letter is right."""
    words = text.split(" ")
    long = [number for number, word in enumerate(words) if len(word) >= _LEAST_TYPED and word.isalpha()]
    if not long:
        return text
    number = rng.choice(long)
    word, place = words[number], rng.randrange(1, len(words[number]) - 1)
    slips = (
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        word[:place] + word[place + 1 :],
        word[:place] + word[place] + word[place:],
    )
    words[number] = rng.choice(slips)
    return " ".join(words)
