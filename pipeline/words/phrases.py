"""The ways of saying a statement: as a thing to do, as a thing to have, and as what is wrong before."""

import re
from random import Random

from operators.color_mixer import BANDS
from pipeline.words.phrase_tables import ACTIONS, ADJECTIVES, COMPARATIVES, SUBJECTS, THINGS
from pipeline.words.prose import ADVERBS, COMPARATIVE_DEGREES, EXCESS_DEGREES, LEAN_DEGREES, PICTURES, degree, joined
from pipeline.words.statements import Statement
from quality.change import InputState


def action(statement: Statement, rng: Random, named: bool = True) -> str:
    """What to do, as an imperative: "lift the shadows slightly". Colours that are not `named` are "them"."""
    text = rng.choice(ACTIONS[statement.measure, 1 if statement.measure == "hue" else statement.sign])
    if not named:
        text = re.sub(r"the (\w+) of {n}", r"their \1", text)
    colors = _colors(statement, rng) if named else "them"
    return f"{_filled(text, statement, rng, colors)} {degree(ADVERBS, statement.level, rng)}".strip()


def thing(statement: Statement, rng: Random) -> str | None:
    """What to have, as a noun phrase: "slightly brighter shadows"; None where English has no easy one."""
    texts = THINGS.get((statement.measure, statement.sign))
    if texts is None:
        return None
    text = rng.choice(texts)
    amount = degree(COMPARATIVE_DEGREES, statement.level, rng)
    if not text.startswith(("{d} more", "{d} less")):  # "slightly brighter shadows", not "a little brighter shadows"
        amount = {"a little": "slightly", "a touch": "slightly", "a bit": "slightly", "a lot": "much"}.get(
            amount, amount
        )
    return " ".join(
        _filled(text.replace("{d}", amount), statement, rng, _colors(statement, rng, article=False)).split()
    )


def quality(statement: Statement, rng: Random) -> str:
    """A comparative for the whole picture, with its degree: "a little warmer"."""
    better = COMPARATIVES[statement.measure][0 if statement.sign > 0 else 1]
    return f"{degree(COMPARATIVE_DEGREES, statement.level, rng)} {better}".strip()


def fault(statement: Statement, state: InputState, rng: Random, named: bool = True) -> str:
    """What is wrong before the edit: "the shadows are a little too dark". Colours that are not `named` are "they".

    An adjective that the measured input does not bear out gives way to a wish: "the picture could be brighter".
    """
    if statement.measure == "hue":
        return _leaning(statement, rng, named)
    if statement.measure == "tint":
        cast = "green" if statement.sign > 0 else "magenta"
        subject, verb = rng.choice(
            (("the tint", "leans"), ("the neutral tones", "lean"), ("the neutral tones", "drift"))
        )
        return f"{subject} {verb} {degree(LEAN_DEGREES, statement.level, rng)} toward {cast}"
    subject = _subject(statement, rng) if named else "they"
    plural = subject.endswith("s") or subject in ("they", "the colors overall")
    if not _borne_out(statement, state) or rng.random() < 0.15:
        return f"{subject} {rng.choice(('could be', 'should be'))} {quality(statement, rng)}"
    verb = rng.choice(("are", "look", "appear") if plural else ("is", "looks", "appears"))
    adjective = rng.choice(ADJECTIVES[statement.measure, statement.sign])
    return f"{subject} {verb} {degree(EXCESS_DEGREES, statement.level, rng)} {adjective}"


def _leaning(statement: Statement, rng: Random, named: bool) -> str:
    verb = rng.choice(("lean", "drift", "tend"))
    opposite = statement._replace(sign=-statement.sign)
    amount = degree(LEAN_DEGREES, statement.level, rng)
    return f"{_colors(statement, rng) if named else 'they'} {verb} {amount} toward {_neighbour(opposite)}"


def _subject(statement: Statement, rng: Random) -> str:
    if statement.bands:
        return _colors(statement, rng)
    return rng.choice(SUBJECTS[statement.measure]).format(pic=rng.choice(PICTURES))


def _borne_out(statement: Statement, state: InputState) -> bool:
    """Whether the input is, by its own measure, what an adjective would call it."""
    dark = statement.sign > 0
    if statement.measure == "brightness":
        return state.luma < 0.5 if dark else state.luma > 0.4
    if statement.measure == "contrast":
        return state.spread < 0.22 if dark else state.spread > 0.18
    if statement.measure == "warmth":
        return state.warmth < 0 if dark else state.warmth > 0
    if statement.measure == "colorfulness":
        return state.colorfulness < 0.5 if dark else state.colorfulness > 0.3
    return True


def _filled(text: str, statement: Statement, rng: Random, colors: str) -> str:
    return text.format(
        pic=rng.choice(PICTURES),
        n=colors,
        to=_neighbour(statement) if statement.measure == "hue" else "",
    )


def _colors(statement: Statement, rng: Random, article: bool = True) -> str:
    """Names of the bands: "the reds", "the red and orange tones", "reds and oranges"; empty for no band."""
    if not statement.bands:
        return ""
    names = [band.lower() for band in sorted(statement.bands, key=BANDS.index)]
    if rng.random() < 0.3 or "aqua" in names:
        text = f"{joined(names)} {rng.choice(('tones', 'areas', 'tones'))}"
    else:
        text = joined([f"{name}s" for name in names])
    return f"the {text}" if article else text


def _neighbour(statement: Statement) -> str:
    return BANDS[(BANDS.index(statement.bands[0]) + statement.sign) % len(BANDS)].lower()
