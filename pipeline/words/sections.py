"""The sections of an answer: the problem and the plan of one group."""

from collections.abc import Sequence
from typing import get_args

from pipeline.words.phrases import Phrases
from pipeline.words.reasons import reason_of
from pipeline.words.statements import Statement
from quality.seen.claims import acts, measured, visible
from quality.seen.evidence import Evidence
from schemas.recipe import Group

_REASONS = 0.6
"""How often a problem says why, where there is a measured reason."""


def problem_text(statements: Sequence[Statement], evidence: Evidence, phrases: Phrases) -> str:
    """What is wrong with this side of the input, or could be other than it is; a short form where nothing is."""
    if not statements:
        return phrases.say("none.problem")
    prose = phrases.prose
    said = [phrases.problem(statement) for statement in statements]
    first = _opening("problem.opening", said, phrases) + said[0]
    why = reason_of(statements[0], evidence, phrases) if phrases.rng.random() < _REASONS else None
    if why is None:
        return prose.sentences([first, *said[1:]], phrases.rng)
    rest = [prose.sentences(said[1:], phrases.rng)] if said[1:] else []
    return prose.space.join([prose.sentence(first + prose.comma + why), *rest])


def plan_text(group: Group, statements: Sequence[Statement], evidence: Evidence, phrases: Phrases) -> str:
    """What is to be done by the sliders of a group, and what others bring along.

    A short form says that the group changes nothing; that is so where the picture without it would be the same.
    """
    own = [statement for statement in statements if statement.cause == group]
    brought = [statement for statement in statements if statement.cause != group]
    texts = [_own_plan(own, phrases)] if own else []
    if not own and acts(evidence, group):
        texts.append(phrases.prose.sentence(_unseen(group, evidence, phrases)))
    texts += _brought(brought, phrases)
    return phrases.prose.space.join(texts) or phrases.say("none.plan")


def _own_plan(statements: Sequence[Statement], phrases: Phrases) -> str:
    rng, prose = phrases.rng, phrases.prose
    results = [phrases.result(statement) for statement in statements]
    if None not in results and rng.random() < 0.25:
        effects = prose.nouns.joined([text for text in results if text])
        return prose.sentence(phrases.say("plan.have") + prose.space + effects)
    actions = [phrases.action(statement) for statement in statements]
    if len(actions) > 1 and rng.random() < 0.25:
        first, then = phrases.say("order.first"), phrases.say("order.then")
        rest = prose.clauses.joined(actions[1:])
        return prose.sentence(f"{first}{prose.space}{actions[0]}{prose.comma}{then}{prose.space}{rest}")
    return prose.sentences([_opening("plan.opening", actions, phrases) + actions[0], *actions[1:]], rng)


def _brought(statements: Sequence[Statement], phrases: Phrases) -> list[str]:
    """What the sliders of other groups change on this side, group by group."""
    texts = []
    for cause in get_args(Group):
        results = [phrases.result(statement) for statement in statements if statement.cause == cause]
        effects = [text for text in results if text is not None]
        if effects:
            effect = phrases.prose.nouns.joined(effects)
            said = phrases.say("already", cause=phrases.say(f"cause.{cause}"), effect=effect)
            texts.append(phrases.prose.sentence(said))
    return texts


def _unseen(group: Group, evidence: Evidence, phrases: Phrases) -> str:
    """For a group that does something which nobody sees in the whole: it offsets others, or is spread too thin."""
    alone = visible(evidence.groups[group].change)
    whole = measured(evidence.change)
    hidden = [name for name, claim in alone.items() if abs(whole[name]) < claim.aspect.levels[0]]
    others = [other for other in evidence.groups if other != group]
    if not hidden or not others:
        return phrases.say(f"fine.{group}")
    other = others[0] if len(others) == 1 else None
    return phrases.say("offset", own=phrases.say(f"settings.{group}"), other=phrases.say(f"settings.{other or 'all'}"))


def _opening(rule: str, said: Sequence[str], phrases: Phrases) -> str:
    """An opening that does not name the picture where the text does so itself."""
    named = any(picture in text for text in said for picture in phrases.grammar.ways("pic"))
    opening = phrases.say(rule)
    if named and any(picture in opening for picture in phrases.grammar.ways("pic")):
        return ""
    return opening + phrases.prose.space
