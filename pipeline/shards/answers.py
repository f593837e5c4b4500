"""Answers of the VLM that rewrites words. They cannot be had again, so they are a part of the data set.

An answer is kept as soon as it has come, in a file of its own: what was paid for outlives the task that asked. The
answers that a shard's words come from are committed with it, in one table, and the single files are removed. A shard is
a function of its plan and its answers: made again, it takes them from the table and asks nobody.
"""

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.rewriting.question import Question
from pipeline.rewriting.rewrite import Ask
from pipeline.storage.damage import reading
from pipeline.storage.store import Store
from schemas.errors import UnretouchError
from schemas.rewrite import Answer

_SINGLE = "answers/new"
"""Folder of the answers of shards that are not committed."""

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("key", "model", "text", "finish")),
        *((name, pa.int32()) for name in ("input_tokens", "output_tokens")),
    ]
)


class NoAnswerError(UnretouchError):
    """A question of a shard has no answer, and nobody may be asked."""


class Answers:
    """The answers of a shard in work. Several threads may ask.

    Args:
        kept: answers that are known, by key.
        ask: asks the VLM.
    """

    def __init__(self, kept: Iterable[Answer], ask: Ask) -> None:
        self._kept, self._ask = {answer.key: answer for answer in kept}, ask
        self._used: dict[str, Answer] = {}

    def ask(self, question: Question) -> Answer:
        """The answer to a question; an `Ask`."""
        answer = self._kept.get(question.key) or self._ask(question)
        self._used[answer.key] = answer
        return answer

    @property
    def used(self) -> list[Answer]:
        """All answers that were given, sorted by key."""
        return [self._used[key] for key in sorted(self._used)]


def ask_nobody(question: Question) -> Answer:
    """Raise NoAnswerError; an `Ask`."""
    raise NoAnswerError(
        f"no answer of the VLM is kept for question {question.key[:16]}, and nobody may be asked here. It is another "
        "question than at that time where code, platform or config differ"
    )


def find_answer(store: Store, shard: int, key: str) -> Answer | None:
    """The single answer of a shard to a question; None if there is none."""
    name = _single_name(shard, key)
    try:
        data = store.read(name)
    except FileNotFoundError:
        return None
    with reading(f"{store.root}/{name}"):
        answer = Answer.model_validate_json(data)
        if answer.key != key:
            raise ValueError("it answers another question")
    return answer


def keep_answer(store: Store, shard: int, answer: Answer) -> Answer:
    """Keep an answer. Of several answers to a question, the first stays, which is returned."""
    try:
        store.create(_single_name(shard, answer.key), answer.model_dump_json().encode())
    except FileExistsError:
        return find_answer(store, shard, answer.key) or answer
    return answer


def drop_answers(store: Store, shard: int, answers: Iterable[Answer]) -> None:
    """Remove the single files of answers, once their shard is committed."""
    store.remove(*(_single_name(shard, answer.key) for answer in answers))


def single_answers(store: Store, counts: Callable[[int], bool]) -> list[str]:
    """Names of the files of single answers, for the shards that count."""
    return [name for name in store.names(_SINGLE) if counts(int(PurePosixPath(name).name.partition("-")[0]))]


def read_single(store: Store, name: str) -> Answer:
    """The answer of a file. Raises DamagedError."""
    with reading(f"{store.root}/{name}"):
        return Answer.model_validate_json(store.read(name))


def answers_name(shard: int) -> str:
    """Name of the table of a shard's answers."""
    return f"answers/{shard:06d}.parquet"


def write_answers(path: Path, answers: Iterable[Answer]) -> None:
    """Write the table of a shard's answers."""
    table = pa.Table.from_pylist([answer.model_dump() for answer in answers], schema=_SCHEMA)
    pq.write_table(table, path, compression="zstd")


def read_answers(store: Store, shard: int) -> list[Answer]:
    """The answers in the table of a shard; none if there is no table.

    Raises:
        DamagedError: the table cannot be read.
    """
    name = answers_name(shard)
    try:
        with store.local(name) as path, reading(f"{store.root}/{name}"):
            rows = pq.read_table(path, partitioning=None).to_pylist()
            return [Answer.model_validate(row) for row in rows]
    except FileNotFoundError:
        return []


def _single_name(shard: int, key: str) -> str:
    return f"{_SINGLE}/{shard:06d}-{key}.json"
