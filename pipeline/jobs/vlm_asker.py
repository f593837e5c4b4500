"""Asking a server for the answers of a data set: each is kept before it is given, and counted."""

import asyncio
from dataclasses import dataclass, field

from pipeline.jobs import metrics
from pipeline.jobs.vlm_budget import Budget, Usage
from pipeline.jobs.vlm_client import Completion, VlmClient, VlmRefusedError
from pipeline.rewriting.question import Question
from pipeline.shards.answers import find_answer, keep_answer
from pipeline.storage.store import Store
from schemas.config import VlmConfig
from schemas.jobs.vlm import VlmServerConfig
from schemas.rewrite import Answer


@dataclass(frozen=True)
class Asked:
    """What a run has asked.

    Attributes:
        usage: answers, and what they took.
        money: what they cost, by the prices of the config.
        again: requests that were made again.
        kept: answers that an earlier run or attempt had kept.
    """

    usage: Usage = field(default_factory=Usage)
    money: float = 0.0
    again: int = 0
    kept: int = 0


class Asker:
    """Asks a server, keeps its answers, and counts them. Use it from one event loop.

    Args:
        store: the data set's store.
        vlm: the model.
        server: the server.
        before: what the data set's answers have taken before.
    """

    def __init__(self, store: Store, vlm: VlmConfig, server: VlmServerConfig, before: Usage) -> None:
        self._store, self._vlm, self._server = store, vlm, server
        self._client = VlmClient(server, self._count_again)
        self._budget = Budget(server, before, vlm.max_tokens)
        self._slots = asyncio.Semaphore(server.concurrency)
        self._pending: dict[str, asyncio.Task[Answer]] = {}
        self._again = self._kept = 0

    async def ask(self, shard: int, question: Question) -> Answer:
        """The answer to a question, from the store or from the server.

        Raises:
            VlmRefusedError: the server refuses, another model answers, or the budget is used up.
            UnansweredError: the server does not answer.
        """
        # A task that was lost while it waited is made again, and its question is already under way.
        task = self._pending.get(question.key)
        if task is None:
            task = asyncio.create_task(self._answer(shard, question))
            self._pending[question.key] = task
            task.add_done_callback(lambda _: self._pending.pop(question.key))
        return await asyncio.shield(task)

    @property
    def asked(self) -> Asked:
        """What has been asked so far."""
        used = self._budget.used
        return Asked(used, used.money(self._server.prices), self._again, self._kept)

    async def _answer(self, shard: int, question: Question) -> Answer:
        found = await asyncio.to_thread(find_answer, self._store, shard, question.key)
        if found is not None:
            self._kept += 1
            return found
        async with self._slots, self._budget.request():
            completion = await self._client.complete(question.body)
            self._count(completion)
        if completion.model != self._vlm.answering:
            raise VlmRefusedError(
                f"words.vlm: {self._vlm.answering!r} was to answer, but {completion.model[:200]!r} did at "
                f"{self._server.url}; correct words.vlm.model, or name in words.vlm.answers_as how it answers"
            )
        usage = completion.usage
        answer = Answer(
            key=question.key,
            model=completion.model,
            text=completion.text,
            finish=completion.finish,
            input_tokens=usage.prompt_tokens if usage else 0,
            output_tokens=usage.completion_tokens if usage else 0,
        )
        return await asyncio.to_thread(keep_answer, self._store, shard, answer)

    def _count(self, completion: Completion) -> None:
        usage = completion.usage
        if usage is None and self._budget.is_bounded:
            raise VlmRefusedError(
                f"vlm_server.budget: answers of {self._server.url} do not say how many tokens they took (`usage`), so "
                "that no budget can be held"
            )
        took = Usage(1, usage.prompt_tokens, usage.completion_tokens) if usage else Usage(1)
        self._budget.add(took)
        metrics.count_answer(took.input_tokens, took.output_tokens)

    def _count_again(self) -> None:
        self._again += 1
        metrics.VLM_AGAIN.inc()
