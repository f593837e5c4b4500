"""A clock on functions: wraps them by name while a `with` block lasts, and adds up each one's own time."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pkgutil import resolve_name
from typing import Any
from unittest import mock

from schemas.errors import UnretouchError

Path = tuple[str, ...]
"""Labels from the outermost function to this one."""


class UnknownStageError(UnretouchError):
    """A function that is to be timed is not there any more."""


@dataclass(frozen=True)
class Stage:
    """A function to time.

    Attributes:
        label: how it is shown.
        target: where it is looked up when it is called, as in "pipeline.pairs.draft.encode" or "module.Class.method".
        detail: position of a text argument that is added to the label; None for none.
    """

    label: str
    target: str
    detail: int | None = None


@dataclass
class Clock:
    """Seconds and calls by path. A function's own seconds leave out those of timed functions that it calls."""

    seconds: defaultdict[Path, float] = field(default_factory=lambda: defaultdict(float))
    calls: defaultdict[Path, int] = field(default_factory=lambda: defaultdict(int))
    _open: list[tuple[Path, list[float]]] = field(default_factory=list)

    @contextmanager
    def running(self, label: str) -> Iterator[None]:
        """Time a block."""
        path = (*(self._open[-1][0] if self._open else ()), label)
        self.seconds[path] += 0.0  # so that outer functions come first
        inner: list[float] = []
        self._open.append((path, inner))
        start = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - start
            self._open.pop()
            self.seconds[path] += took - sum(inner)
            self.calls[path] += 1
            if self._open:
                self._open[-1][1].append(took)

    def wrap(self, stage: Stage, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with its time taken."""

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            detail = "" if stage.detail is None else f" {args[stage.detail]}"
            with self.running(stage.label + detail):
                return function(*args, **kwargs)

        return timed


@contextmanager
def timing(clock: Clock, stages: Sequence[Stage]) -> Iterator[None]:
    """Time these functions as long as the block lasts.

    Raises:
        UnknownStageError: one of them does not exist; the list of stages must follow the code.
    """
    with ExitStack() as stack:
        for stage in stages:
            owner, _, name = stage.target.rpartition(".")
            try:
                function = getattr(resolve_name(owner), name)
            except (AttributeError, ImportError) as error:
                raise UnknownStageError(f"there is no {stage.target} to time: mend the list of stages") from error
            stack.enter_context(mock.patch(stage.target, clock.wrap(stage, function)))
        yield
