"""Metrics of a run for Prometheus. Every node of Ray exports them, as `ray_unretouch_…`; `infra/grafana` shows them.

They show how a run goes. What it has made is counted in the data set: here, the pairs of a shard that is tried again
count again, and the last seconds of a process may be missing, since it reports every ten.
"""

from collections import Counter as Counts
from collections.abc import Sequence

from ray.util.metrics import Counter, Gauge, Metric

from pipeline.storage.traffic import Traffic
from schemas.dataset import CommitRecord
from schemas.manifest import ManifestRow
from schemas.source import SourceRecord

PAIRS = Counter("unretouch_pairs_total", "Pairs made, by status: accepted or rejected.", ("status",))

REJECTS = Counter("unretouch_rejects_total", "Pairs rejected, by reason; one with two counts twice.", ("reason",))

SECONDS = Counter("unretouch_stage_seconds_total", "Seconds of shards' tasks, by stage.", ("stage",))

BYTES = Counter("unretouch_bytes_written_total", "Bytes of committed shards: tars, offsets and manifests.")

COMMITTED = Counter("unretouch_shards_committed_total", "Shards committed.")

RETRIES = Counter("unretouch_shard_retries_total", "Shards begun again because their process or node was lost.")

LEFT = Gauge("unretouch_shards_left", "Shards of this run that wait or are in work.")

FAILED = Gauge("unretouch_shards_failed", "Shards of this run that failed for good.")

SOURCES = Counter("unretouch_sources_total", "Sources inspected: usable, or the reason why not.", ("outcome",))

REQUESTS = Counter("unretouch_store_requests_total", "Requests of tasks to S3, those that were tried again included.")

TRIED_AGAIN = Counter("unretouch_store_retries_total", "Those that were further attempts at one operation.")

WORDS = Counter(
    "unretouch_words_total", "Pairs whose words were to be rewritten, by whose words they have.", ("source",)
)

VLM_ANSWERS = Counter("unretouch_vlm_answers_total", "Answers of the VLM that rewrites words.")

VLM_TOKENS = Counter("unretouch_vlm_tokens_total", "Tokens of these, by direction: input or output.", ("direction",))

VLM_AGAIN = Counter("unretouch_vlm_retries_total", "Requests to the VLM that were made again.")

METRICS: tuple[Metric, ...] = (
    *(PAIRS, REJECTS, SECONDS, BYTES, COMMITTED, RETRIES, LEFT, FAILED, SOURCES),
    *(REQUESTS, TRIED_AGAIN),
)

VLM_METRICS: tuple[Metric, ...] = (WORDS, VLM_ANSWERS, VLM_TOKENS, VLM_AGAIN)
"""Those of runs whose words a VLM rewrites."""


def count_pairs(rows: Sequence[ManifestRow]) -> None:
    """Count pairs that were made, and the reasons of those that were rejected."""
    for status, count in Counts(row.status for row in rows).items():
        PAIRS.inc(count, {"status": status})
    for reason, count in Counts(reason for row in rows for reason in row.reasons).items():
        REJECTS.inc(count, {"reason": reason})
    for source, count in Counts(row.rewrite.source for row in rows if row.rewrite is not None).items():
        WORDS.inc(count, {"source": source})


def count_answer(input_tokens: int, output_tokens: int) -> None:
    """Count an answer of the VLM."""
    VLM_ANSWERS.inc()
    for direction, tokens in (("input", input_tokens), ("output", output_tokens)):
        if tokens:
            VLM_TOKENS.inc(tokens, {"direction": direction})


def count_traffic(traffic: Traffic) -> None:
    """Count requests to S3."""
    if traffic.requests:
        REQUESTS.inc(traffic.requests)
    if traffic.retries > 0:
        TRIED_AGAIN.inc(traffic.retries)


def count_commit(commit: CommitRecord) -> None:
    """Count a committed shard and its bytes."""
    COMMITTED.inc()
    BYTES.inc(sum(file.bytes for file in commit.files))


def show_shards(left: int, failed: int) -> None:
    """Show how many shards are left, and how many have failed.

    These two, the retries and the sources are the driver's: one that joins from outside, by "ray://", exports nothing.
    """
    LEFT.set(left)
    FAILED.set(failed)


def count_sources(records: Sequence[SourceRecord]) -> None:
    """Count inspected sources."""
    for outcome, count in Counts(record.reason or "usable" for record in records).items():
        SOURCES.inc(count, {"outcome": outcome})


def count_seconds(stage: str, seconds: float) -> None:
    """Add to the seconds of a stage; see `pipeline.jobs.stages`."""
    if seconds > 0:
        SECONDS.inc(seconds, {"stage": stage})
