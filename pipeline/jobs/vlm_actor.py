"""The VLM that rewrites words, beside the renderers: an actor that asks its server for all tasks of a run."""

from collections.abc import Callable
from typing import Any, NamedTuple

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayActorError, RayTaskError

from pipeline.dataset.record import commits, missing_shards
from pipeline.jobs.vlm_asker import Asked, Asker
from pipeline.jobs.vlm_budget import Usage
from pipeline.jobs.vlm_client import VlmRefusedError
from pipeline.rewriting.question import Question
from pipeline.shards.answers import read_single, single_answers
from pipeline.storage.store import Store, open_store
from schemas.config import VlmConfig
from schemas.dataset import DatasetRecord
from schemas.jobs.run import RunConfig
from schemas.jobs.vlm import VlmServerConfig
from schemas.rewrite import Answer

_PATIENCE = 5.0
"""Seconds after which a task that waits for an answer shows that it is not stuck."""

_MOST_SOURCES = 32
"""Sources of a shard that wait for answers. Their pictures are in memory: about 15 MB of each source with four pairs of
1024 pixels."""


@ray.remote(num_cpus=0, max_restarts=3, max_task_retries=3)
class VlmActor:
    """Asks one server, with one budget. Every answer is in the store before it is given.

    The first call reads what earlier answers took, and its caller gets the error if that, or the API key, is missing.
    """

    def __init__(self, out: str, record: DatasetRecord, vlm: VlmConfig, server: VlmServerConfig) -> None:
        self._out, self._record, self._vlm, self._server = out, record, vlm, server
        self._asker: Asker | None = None

    async def ready(self) -> None:
        """Prepare to ask.

        Raises:
            VlmRefusedError: the API key is missing.
            DamagedError: an answer that was kept is damaged.
        """
        self._asking()

    async def ask(self, shard: int, question: Question) -> Answer:
        """The answer to a question of a shard; see `Asker.ask`."""
        return await self._asking().ask(shard, question)

    async def asked(self) -> Asked:
        """What has been asked so far."""
        return self._asking().asked

    def _asking(self) -> Asker:
        if self._asker is None:
            store = open_store(self._out)
            before = used_before(store, self._record)
            self._asker = Asker(store, self._vlm, self._server, before)
        return self._asker


class RemoteVlm:
    """Asks the actor on behalf of a shard's task; an `Ask`.

    Args:
        actor: the actor.
        shard: number of the shard.
        waits: called every few seconds while an answer is waited for.
    """

    def __init__(self, actor: ActorHandle[Any], shard: int, waits: Callable[[], None]) -> None:
        self._actor, self._shard, self._waits = actor, shard, waits

    def __call__(self, question: Question) -> Answer:
        """The answer to a question. Raises the errors of `Asker.ask`."""
        pending: ray.ObjectRef[Any] = self._actor.ask.remote(self._shard, question)
        while not ray.wait([pending], timeout=_PATIENCE)[0]:
            self._waits()
        self._waits()
        try:
            answer: Answer = ray.get(pending)
        except RayTaskError as error:
            raise error.cause from None
        return answer


class RunningVlm(NamedTuple):
    """The VLM of a run.

    Attributes:
        actor: asks its server.
        sources: how many sources of each shard may wait for answers, so that the server has enough to do.
    """

    actor: ActorHandle[Any]
    sources: int

    def asked(self) -> Asked:
        """What has been asked so far; nothing if the actor is lost, which the tasks that need it will tell."""
        pending: ray.ObjectRef[Any] = self.actor.asked.remote()
        try:
            asked: Asked = ray.get(pending)
        except RayActorError:
            return Asked()
        return asked


def check_vlm(config: RunConfig, store: Store) -> None:
    """Check that questions can be answered: by a server, or by answers that are kept.

    Raises:
        VlmRefusedError: there is neither.
    """
    if config.words.vlm is not None and config.vlm_server is None and not store.names("answers"):
        raise VlmRefusedError(
            f"words.vlm: vlm_server does not say who serves {config.words.vlm.model!r}, and {store.root}/answers holds "
            "no answers of an earlier run"
        )


def start_vlm(config: RunConfig, record: DatasetRecord) -> RunningVlm | None:
    """Start the actor; None if nobody is to be asked. Needs a running Ray.

    Raises:
        VlmRefusedError: the API key is missing.
    """
    if config.words.vlm is None or config.vlm_server is None:
        return None
    actor: ActorHandle[Any] = VlmActor.remote(config.out, record, config.words.vlm, config.vlm_server)  # type: ignore[attr-defined]  # Ray's decorator hides `remote` from the type checker
    try:
        ray.get(actor.ready.remote())
    except RayTaskError as error:
        raise error.cause from error
    each = config.compute.workers * config.pairs_per_source
    return RunningVlm(actor, min(-(-config.vlm_server.concurrency // each), _MOST_SOURCES))


def used_before(store: Store, record: DatasetRecord) -> Usage:
    """What the answers took that a data set holds: those of committed shards, and those that wait for their shard."""
    done = [commit.rewrites for commit in commits(store) if commit.rewrites is not None]
    used = sum((Usage(each.answers, each.input_tokens, each.output_tokens) for each in done), Usage())
    missing = set(missing_shards(store, record))
    for name in single_answers(store, missing.__contains__):
        answer = read_single(store, name)
        used += Usage(1, answer.input_tokens, answer.output_tokens)
    return used
