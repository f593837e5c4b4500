"""How human texts are: statistics of instructions as one counts them on people's requests, and how texts differ."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from statistics import median

from benchmarks.words_reader import says_nothing, sections, sentences

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_TAG = re.compile(r"<[^<>]*>")
_HEADING = re.compile(r'"[\w ]+ Adjustment"')
"""A group of values in JSON: "Color and Temperature Adjustment" asks for neither."""

_RUN = 8
"""Words of a sequence that is looked for in other texts."""

_VOCABULARY_TEXTS = 10_000

_BRIGHTEN = (
    r"bright(er|en\w*)|lighter|lighten\w*|(rais|increas|boost|lift|push|bring up|turn up)\w* (the )?(\w+ )?"
    r"(brightness|exposure|shadows)|(more|increase\w*) (\w+ )?(brightness|light|exposure)|exposure (up|\+)|too dark"
)
_DARKEN = (
    r"dark(er|en\w*)|dim(mer)?|(lower|reduc|decreas|pull|bring|turn)\w* (the )?(\w+ )?(brightness|exposure)|"
    r"(less|lower) (\w+ )?(brightness|light|exposure)|too bright"
)
_BALANCE = (
    r"tint|white ?balance|color balance|temperature|warm(er|s|th|ing)?|cool(er|s|ing)?|cold(er)?|"
    r"(pink|green|blue|yellow|magenta|orange|colou?r) cast"
)
_HUE = (
    r"(reds?|oranges?|yellows?|greens?|aquas?|cyans?|teal|turquoise|blues?|purples?|violets?|magentas?|pinks?|browns?)"
)
_THING = (
    r"sky|skies|clouds?|skin|faces?|eyes?(?! can)|hair|teeth|people|persons?|m[ae]n|wom[ae]n|girls?|boys?|child(ren)?|"
    r"bab(y|ies)|foliage|lea(f|ves)|trees?|grass|plants?|flowers?|petals?|forests?|meadows?|garden|water|seas?|oceans?|"
    r"lakes?|rivers?|waves?|snow|ice|sand|beach|rocks?|mountains?|hills?|sunset|sunrise|sun|buildings?|houses?|"
    r"(?<!on a )walls?|windows?|streets?|roads?|cars?|bridge|cit(y|ies)|food|dish|fruit|dress|shirt|dogs?|cats?|birds?|"
    r"animals?|horizon|foreground|background|indoor|lamp|candle"
)
_REASON = r"because|so that|since|so (it|i|we|you|the)|in order to|due to|for (it|they) (is|are|looks?)"
_POLITE = r"please|kindly|thanks?|thank you|(could|can|would) you|(i'd|i would) (like|love)|help me"
_MOOD = (
    r"dream(y|like)|mood(y|ier)?|dramatic|cinematic|vintage|retro|cozy|romantic|nostalgic|mysterious|magical|vibes?|feel|"
    r"atmospher\w+|pop|fresh(er)?|lively|livelier|crisp(er)?|airy|beautiful|nic(e|er)|better|good|great|natural|best|mood|energy|magic\w*|soul|personality|charm|depth|presence|emotion|wow|drama|story|wonder|"
    r"poetic|festive|serene|epic|peaceful|playful|elegant|timeless|powerful|breathtaking|homely|special|"
    r"professional|finished|convinc\w+|enhance|improve|perfect|polish"
)
_OWN = r"of (its|their) own"


def _says(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(rf"\b(?:{pattern})\b")
    return lambda text: compiled.search(_HEADING.sub("", text).lower()) is not None


REQUESTS: dict[str, Callable[[str], bool]] = {
    "brighten": _says(_BRIGHTEN),
    "darken": _says(_DARKEN),
    "tint or white balance": _says(_BALANCE),
    "a named hue": _says(_HUE),
    "a thing in the picture": _says(_THING),
    "a reason": _says(_REASON),
    "no final stop": lambda text: not text.rstrip().endswith((".", "?", "!")),
    "question mark": lambda text: "?" in text,
    "lower-case start": lambda text: text[:1].islower(),
    "politeness": _says(_POLITE),
    "vague or mood": _says(_MOOD),
}
"""Shares of instructions that are counted, by name."""


def request_statistics(instructions: Sequence[str]) -> dict[str, float]:
    """Median of words, and shares of `REQUESTS`; an empty dict of no instruction."""
    if not instructions:
        return {}
    shares = {name: sum(map(says, instructions)) / len(instructions) for name, says in REQUESTS.items()}
    return {"median words": float(median(len(text.split()) for text in instructions)), **shares}


def text_statistics(texts: Sequence[tuple[str, str]], mistyped: Collection[int] = ()) -> dict[str, float]:
    """Statistics of instructions with their answers, shares of them unless the name says otherwise.

    The numbers of texts that are `mistyped` are left out of the vocabulary.
    """
    instructions, answers = [one for one, _ in texts], [_plain(answer) for _, answer in texts]
    both = [f"{_prose(one)} {answer}" for one, answer in zip(instructions, answers, strict=True)]
    words, idle = 0, 0
    for _, answer in texts:
        for text in sections(answer).values():
            for sentence in sentences(text):
                length = len(sentence.split())
                words, idle = words + length, idle + (length if says_nothing(sentence) else 0)
    spelled = [text for number, text in enumerate(both) if number not in mistyped]
    runs = Counter(run for text in both for run in _runs(text))
    most = min(runs, key=lambda run: (-runs[run], run), default="")  # of several, always the same
    thing, reason, own = _says(_THING), _says(_REASON), _says(_OWN)
    return {
        "texts that name a thing in the picture": sum(map(thing, both)) / len(both),
        "answers with a reason": sum(map(reason, answers)) / len(answers),
        "answers with “of its own”": sum(map(own, answers)) / len(answers),
        "answer words that say nothing is to be done": idle / max(words, 1),
        "distinct instructions": len(set(instructions)) / len(instructions),
        "distinct answers": len(set(answers)) / len(answers),
        f"rows with the commonest {_RUN} words, “{most}”": runs[most] / len(both),
        f"number of distinct words, of {min(len(spelled), _VOCABULARY_TEXTS):,} texts": float(
            len(_vocabulary(spelled[:_VOCABULARY_TEXTS]))
        ),
    }


def _prose(instruction: str) -> str:
    """An instruction, unless it is JSON, whose names are no words."""
    return "" if instruction.startswith("{") else instruction


def _plain(answer: str) -> str:
    return " ".join(_TAG.sub(" ", answer).split())


def _runs(text: str) -> set[str]:
    """Sequences of words in a text, sentence by sentence, each once."""
    found = set()
    for sentence in sentences(text):
        words = _WORD.findall(sentence)
        found |= {" ".join(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1)}
    return found


def _vocabulary(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _WORD.findall(text.lower())}
