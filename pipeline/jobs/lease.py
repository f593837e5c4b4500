"""The lease: one driver works on a data set at a time. `OUT/lease.json` says which, and a beat shows that it lives.

A second driver would do no harm to the bytes of the same data set, but it would make every shard twice, and remove what
the first one is writing. A lease whose driver was killed is taken over: at once if it ran on this machine, otherwise
when it has not beaten for half a minute. Clocks of machines are not compared.
"""

import json
import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.storage.store import Store
from schemas.errors import UnretouchError

logger = logging.getLogger(__name__)

LEASE = "lease.json"

BEAT = 5.0
"""Seconds between beats."""

PATIENCE = 30.0
"""Seconds without a beat after which another driver takes the lease."""

_POLL = 0.5

_LOST = signal.SIGUSR1
"""How the thread that beats interrupts the main thread. SIGINT would not do: jobs in the background ignore it."""

_STORE_ERRORS = (OSError, UnretouchError, BotoCoreError, ClientError)


class LeaseHeldError(UnretouchError):
    """Another driver works on the data set."""


class LeaseLostError(UnretouchError):
    """Another driver took the lease, because this one did not beat."""


class Holder(BaseModel):
    """Who holds a lease; `beat` counts up."""

    model_config = ConfigDict(frozen=True)

    owner: str
    host: str
    pid: int
    beat: int = 0


@contextmanager
def lease(store: Store) -> Iterator[None]:
    """Hold the lease of a data set during a `with` block.

    Raises:
        LeaseHeldError: another driver holds it, and lives.
        LeaseLostError: another driver took it meanwhile. It is raised in the main thread, which must run the block,
            wherever that is.
    """

    def lost(number: int, frame: FrameType | None) -> NoReturn:
        raise LeaseLostError(f"another run took {store.root} over, because this one stood still")

    heart = _Heart(store, _acquire(store))
    before = signal.signal(_LOST, lost)
    heart.start()
    try:
        yield
    finally:
        heart.stop()
        signal.signal(_LOST, before)


class _Heart:
    """Beats in a thread of its own, and removes the lease in the end."""

    def __init__(self, store: Store, holder: Holder) -> None:
        self._store, self._holder = store, holder
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)
        self.lost = False

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        if not self.lost:
            self._store.remove(LEASE)

    def _beat(self) -> None:
        while not self._stopped.wait(BEAT):
            try:
                found = _read(self._store)
                if found is not None and found.owner != self._holder.owner:
                    self.lost = True
                    os.kill(os.getpid(), _LOST)
                    return
                self._holder = self._holder.model_copy(update={"beat": self._holder.beat + 1})
                self._store.write(LEASE, _bytes(self._holder), flush=False)
            except _STORE_ERRORS as error:  # the next beat may reach the store again
                logger.warning("the lease of %s could not be renewed: %s", self._store.root, error)


def _acquire(store: Store) -> Holder:
    mine = Holder(owner=uuid.uuid4().hex, host=socket.gethostname(), pid=os.getpid())
    while True:
        try:
            store.create(LEASE, _bytes(mine))
        except FileExistsError:
            found = _read(store)
            if found is not None and _lives(store, found):
                raise LeaseHeldError(
                    f"another run works on {store.root}: process {found.pid} on {found.host}. Wait for it, or stop it; "
                    "`unretouch status` shows how far it is"
                ) from None
            store.remove(LEASE)
        else:
            return mine


def _lives(store: Store, holder: Holder) -> bool:
    """Whether a holder beats; for one of this machine, whether its process exists."""
    if holder.host == socket.gethostname() and not _exists(holder.pid):
        return False
    if holder.host != socket.gethostname():
        logger.info("%s is leased by process %d on %s; waiting for its beat", store.root, holder.pid, holder.host)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(_POLL)
        found = _read(store)
        if found is None:
            return False
        if found != holder:
            return True
    return False


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user
        return True
    return True


def _read(store: Store) -> Holder | None:
    """The holder; None where nobody holds it, or where the machine stopped while the file was written."""
    try:
        return Holder.model_validate(json.loads(store.read(LEASE)))
    except FileNotFoundError:
        return None
    except (ValueError, ValidationError):
        return None


def _bytes(holder: Holder) -> bytes:
    return holder.model_dump_json().encode()
