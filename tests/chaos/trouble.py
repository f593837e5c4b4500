"""Trouble inside the processes of a run: one dies, or finds the disk full, at a step of its work with the store.

A step is an operation and the beginning of a name, as in "create commits/". Troubles come by the environment, which Ray
hands on to its workers. Each happens once: the file that marks it is created by one process alone.
"""

import ctypes
import errno
import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psutil
from pydantic import BaseModel

TROUBLES = "UNRETOUCH_TROUBLES"
_DRIVER = "UNRETOUCH_CHAOS_DRIVER"

When = Literal["before", "after"]
What = Literal["worker", "driver", "cluster", "full disk"]
"""Who is killed: the process at the step, the driver, or all processes of the run. Or the disk is full."""

POISON = b"poison:"
"""A file that ends with this and "crash", "memory" or "loop" does that to the process that decodes it."""


class Trouble(BaseModel):
    """What happens at a step, and the file that marks that it has happened."""

    step: str
    when: When
    what: What
    mark: str


def begin(driver: bool) -> None:
    """Have the troubles of the environment happen in this process."""
    if driver:
        os.environ[_DRIVER] = str(os.getpid())
    troubles = [Trouble.model_validate(entry) for entry in json.loads(os.environ[TROUBLES])]
    from pipeline.storage.local import LocalStore
    from pipeline.storage.s3 import S3Store

    for store in (LocalStore, S3Store):
        for operation in ("write", "create", "remove"):
            setattr(store, operation, _around(operation, getattr(store, operation), troubles))
        store.staged = _around_staged(store.staged, troubles)  # type: ignore[method-assign]
    if not driver:
        _poison()


def _around(operation: str, real: Callable[..., Any], troubles: list[Trouble]) -> Callable[..., Any]:
    def wrapped(store: object, *arguments: Any, **options: Any) -> Any:
        name = arguments[0] if arguments else ""
        _strike(troubles, f"{operation} {name}", "before")
        result = real(store, *arguments, **options)
        _strike(troubles, f"{operation} {name}", "after")
        return result

    return wrapped


def _around_staged(real: Callable[..., Any], troubles: list[Trouble]) -> Callable[..., Any]:
    @contextmanager
    def wrapped(store: object, name: str) -> Iterator[Path]:
        with real(store, name) as path:
            yield path
            _strike(troubles, f"stage {name}", "before")  # written, but not published
        _strike(troubles, f"stage {name}", "after")

    return wrapped


def _strike(troubles: list[Trouble], step: str, when: When) -> None:
    for trouble in troubles:
        if trouble.when == when and step.startswith(trouble.step):
            try:
                Path(trouble.mark).touch(exist_ok=False)
            except FileExistsError:
                continue
            _happen(trouble.what)


def _happen(what: What) -> None:
    if what == "full disk":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if what == "driver":
        os.kill(int(os.environ[_DRIVER]), signal.SIGKILL)
    if what == "cluster":
        kill_all(os.environ[TROUBLES], but=os.getpid())
    os.kill(os.getpid(), signal.SIGKILL)


def kill_all(troubles: str, but: int = 0) -> None:
    """Kill every process that was started with these troubles, and the processes that it has started."""
    for process in psutil.process_iter():
        try:
            if process.pid != but and process.environ().get(TROUBLES) == troubles:
                process.kill()
        except psutil.Error:  # it has ended meanwhile, or is another user's
            continue


def _poison() -> None:
    """Have poisoned files do their harm, where a broken decoder would."""
    from pipeline.sources import inspect

    real = inspect.decode
    harms = {b"crash": _crash, b"memory": _be_killed, b"loop": _loop}

    def decode(data: bytes, *others: Any) -> Any:
        harm = harms.get(data[-16:].rpartition(POISON)[2])
        return harm() if harm else real(data, *others)

    inspect.decode = decode


def _crash() -> None:
    ctypes.string_at(0)


def _be_killed() -> None:
    """End as the kernel ends a process that takes too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def _loop() -> None:
    """Loop in native code that holds the interpreter's lock."""
    re.match(r"(a+)+$", "a" * 64 + "b")
