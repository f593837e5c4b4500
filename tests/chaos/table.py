"""The outcomes of all scenarios as Markdown."""

from collections import Counter

from tests.chaos.scenarios import FINISHING, MAKING, PLANNING, Outcome

STEPS = (*PLANNING, *MAKING, *FINISHING)

INTRODUCTION = """# Chaos

What `make chaos` found last. A data set of twelve photos and twelve shards is made by two workers. At every step of
the work with its store, before it and after it, somebody is killed (SIGKILL): the worker at the step, the driver, or
every process of the run and of its local Ray. Then the same command is started again, until the data set is complete.
It must be that of a run that nobody disturbed: every file with the same bytes, no pair lost or doubled, and nothing
left over, such as a temporary file, an unfinished upload, a kept photo or a lease. After each run, every file that a
commit record names is compared with its hash.

The store is a disk, or an S3 server on loopback behind a proxy that answers 5 % of all requests with 500 and 5 % with
SlowDown, cuts 5 % of the bodies, resets 5 % of the connections and refuses 1 % (403). "Runs" counts how often the
command was started.

"""


def table(found: list[tuple[str, Outcome]]) -> str:
    """Both tables as Markdown: the scenarios, and the troubles by step."""
    lines = [
        "| store | scenario | troubles | runs | pairs lost | doubled | bytes equal |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {store} | {one.name} | {one.struck.total()} | {one.runs} | {one.lost} | {one.doubled} | "
        f"{'yes' if one.equal else '**no**'} |"
        for store, one in found
    ]
    steps: Counter[tuple[str, str, str]] = Counter()
    for store, one in found:
        steps.update({(step, what, store): times for (step, what), times in one.struck.items()})
    columns = [
        (what, store) for what in ("worker", "driver", "cluster", "full disk") for store in ("disk", "S3, faulty")
    ]
    columns = [column for column in columns if any((step, *column) in steps for step in STEPS)]
    lines += ["", "| step | " + " | ".join(f"{what}, {store}" for what, store in columns) + " |"]
    lines += ["|---" * (len(columns) + 1) + "|"]
    for step in STEPS:
        counts = [
            sum(n for (s, *c), n in steps.items() if s.rstrip("0123456789") == step.rstrip("0") and tuple(c) == column)
            for column in columns
        ]
        lines.append(f"| {step} | " + " | ".join(str(n or "") for n in counts) + " |")
    return "\n".join(lines) + "\n"
