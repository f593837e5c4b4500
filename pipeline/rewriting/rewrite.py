"""Rewriting the words of pairs: asking until an answer passes the validators, or else keeping the draft."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from pipeline.rewriting.question import Question, Refused, Shown, ask_about, parts_of, shown
from pipeline.rewriting.reply import RefusedAnswerError, read_reply
from quality.text.validators import Objection
from schemas.config import DatasetConfig, VlmConfig
from schemas.rewrite import Answer, Rewrite
from schemas.sample import Words

Ask = Callable[[Question], Answer]
"""Gets the answer to a question; may be called by several threads."""

Wait = Callable[[], "list[Rewritten]"]
"""Waits for answers."""


class Drafted(NamedTuple):
    """A pair whose words may be rewritten.

    Attributes:
        input: stored bytes of the input.
        words: the words of the grammar.
        check: what speaks against other words; an empty list accepts them. May be called in another thread.
    """

    input: bytes
    words: Words
    check: Callable[[Words], list[Objection]]


class Rewritten(NamedTuple):
    """The words of a pair after rewriting, and what became of them."""

    words: Words
    rewrite: Rewrite


Rewriter = Callable[[Sequence[Drafted], bytes], list[Rewritten]]
"""Rewrites the words of pairs that share a target, given by its stored bytes. A pair without a text to rewrite, or
whose draft fails its own check, keeps its draft and costs no question."""


def rewriter_of(
    config: DatasetConfig, ask: Ask, waiting: Callable[[Wait], list[Rewritten]] = lambda wait: wait()
) -> Rewriter | None:
    """The rewriter of a data set; None if its words are the grammar's.

    Args:
        config: the data set's config.
        ask: answers questions.
        waiting: calls a function that waits for answers, and returns what it returns.
    """
    vlm = config.words.vlm
    if vlm is None:
        return None

    def rewrite(pairs: Sequence[Drafted], target: bytes) -> list[Rewritten]:
        shown_target = shown(target, config.image.format, vlm.long_side)
        pictures = [(shown(pair.input, config.image.format, vlm.long_side), shown_target) for pair in pairs]

        def wait() -> list[Rewritten]:
            # A pair's questions follow one another; those of other pairs need not wait for them.
            with ThreadPoolExecutor(max(len(pairs), 1), thread_name_prefix="rewrite") as pool:
                return list(pool.map(lambda pair, seen: _rewritten(pair, seen, vlm, ask), pairs, pictures))

        return waiting(wait)

    return rewrite


def _rewritten(pair: Drafted, pictures: Sequence[Shown], config: VlmConfig, ask: Ask) -> Rewritten:
    worthwhile = bool(parts_of(pair.words, config)) and not pair.check(pair.words)
    model, reasons, last = None, list[str](), None
    for asked in range(1, config.attempts + 1 if worthwhile else 1):
        answer = ask(ask_about(pictures, pair.words, last, config))
        model = answer.model
        try:
            words = read_reply(answer, pair.words, config)
            objections = pair.check(words)
        except RefusedAnswerError as error:
            objections = [Objection(reason) for reason in error.reasons]
        else:
            if not objections:
                return Rewritten(words, Rewrite(source="vlm", model=model, asked=asked, refused=reasons))
        reasons += dict.fromkeys(objection.reason for objection in objections)
        last = Refused(answer, objections)
    asked = config.attempts if worthwhile else 0
    return Rewritten(pair.words, Rewrite(source="grammar", model=model, asked=asked, refused=reasons))
