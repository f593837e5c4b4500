"""Starting or joining Ray, without its usual output."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

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

_ANSWERS_IN = 5.0
"""Seconds in which a cluster's port must answer. Ray itself waits for more than a minute."""


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
        # "local", or Ray would join a cluster that it finds running on this machine.
        options |= {"address": "local", "num_cpus": compute.workers, "_memory": memory}
        options |= {"object_store_memory": _OBJECT_STORE, "include_dashboard": False}
    else:
        _find(compute.address)
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


def _find(address: str) -> None:
    """Raise NoClusterError unless the port of an address answers. An address without one, as "auto", is left to Ray."""
    try:
        place = urlsplit(address if "://" in address else f"//{address}")
        if place.hostname is None or place.port is None:
            return
        socket.create_connection((place.hostname, place.port), _ANSWERS_IN).close()
    except (OSError, ValueError) as error:
        raise NoClusterError(
            f"compute.address: nothing answers at {address!r} ({error}). It is to name the head of a running Ray "
            'cluster, as "HOST:6379" or "ray://HOST:10001"'
        ) from error
