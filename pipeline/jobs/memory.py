"""The memory that tasks reserve, so that Ray puts no more of them on a machine than it holds."""

import ray


def reservations(memory: int) -> tuple[int, int, int]:
    """Bytes to reserve for the first, second and third attempt at a task. Needs a running Ray.

    One that was killed for memory gets twice as much, and then all that the largest machine has, so that nothing else
    runs beside it. No attempt reserves more than that, or it would wait for ever.

    Args:
        memory: bytes for the first attempt.
    """
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]  # Ray gives it no types
    # A head that takes no task does not count. A cluster that has not grown yet may get machines of any size.
    whole = max((int(has.get("memory", 0)) for has in machines if has.get("CPU")), default=memory)
    return min(memory, whole), min(2 * memory, whole), whole
