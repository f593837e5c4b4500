"""Starting or joining Ray, without its usual output."""

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray

from schemas.errors import UnretouchError
from schemas.jobs.run import ComputeConfig

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
}

_OBJECT_STORE = 256 * 1024**2
"""Shared memory of a local Ray, in bytes. Tasks exchange names, counts and small pictures, never shards."""


class NoClusterError(UnretouchError):
    """No Ray cluster answers at the address that the config names."""


@contextmanager
def cluster(compute: ComputeConfig) -> Iterator[None]:
    """Run a `with` block on Ray: a local Ray with `compute.workers` CPUs, or the cluster at `compute.address`.

    Raises:
        NoClusterError: no cluster answers at `compute.address`.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if compute.address is None:
        # Here, `workers` alone says how much runs at a time. Where memory runs out, Ray kills a task.
        memory = compute.workers * compute.memory
        options |= {"num_cpus": compute.workers, "_memory": memory}
        options |= {"object_store_memory": _OBJECT_STORE, "include_dashboard": False}
    else:
        options |= {"address": compute.address}
    at_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(**options)
    except (ConnectionError, ValueError) as error:
        raise NoClusterError(
            f"compute.address: no Ray cluster answers at {compute.address!r} ({error}). If its nodes have a token, set "
            "RAY_AUTH_MODE=token and the same RAY_AUTH_TOKEN here"
        ) from error
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, at_sigterm)  # Ray sets a handler of its own
    try:
        yield
    finally:
        ray.shutdown()
