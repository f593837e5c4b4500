"""What happens to a data set in the making: at every step of its work with the store, somebody is killed."""

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path

from tests.chaos.trouble import POISON, Trouble, What, kill_all
from tests.chaos.world import World, as_text, finish

PLANNING = (
    "create lease.json",
    "write scratch/",
    "stage sources/parts",
    "stage sources/0",
    "stage plan/",
    "create dataset.json",
)
MAKING = ("stage shards/", "stage offsets/", "stage manifest/", "create commits/", "remove scratch/")
_LAST = "remove lease.json"
FINISHING = (
    _LAST,
    "remove sources/parts",
    "write report/",
    "write index.json",
    "write README.md",
    "write dataset.json",
)
"""The steps of a run with its store, in the order in which one that is killed again and again meets them."""

_KILLS_A_SHARD = 3
"""So many workers may die over one shard; with the fourth, its run fails."""


@dataclass
class Outcome:
    """What a scenario has done, and what became of the data set.

    Attributes:
        name: of the scenario.
        struck: troubles that happened, by step and what.
        runs: commands that were started.
        lost, doubled: pairs of the undisturbed data set that are missing, or there twice.
        equal: whether every file has the same bytes, and there is no other.
    """

    name: str
    struck: Counter[tuple[str, str]]
    runs: int
    lost: int
    doubled: int
    equal: bool


class Scenarios:
    """Scenarios in one kind of store.

    Args:
        undisturbed: a data set that was made without trouble.
        folder: an empty folder for marks and sources.
        world: makes a world for an OUT of this name.
    """

    def __init__(self, undisturbed: World, folder: Path, world: Callable[[str, Path], World]) -> None:
        self._contents, self._keys = undisturbed.contents(), undisturbed.keys()
        self._folder, self._world, self._numbers = folder, world, count()

    def deaths(self, what: Sequence[What], steps: Sequence[str], name: str) -> Outcome:
        """Before and after each step, somebody is killed, or the disk is full; then the run is started again.

        Those who are killed take turns.
        """
        world, turns = self._new(), cycle(what)
        for step in steps:
            # Once all shards are made, no run needs the lease again.
            for when in ("before",) if step == _LAST else ("before", "after"):
                world.suffer([self._trouble(world, step, when, next(turns))])
        return self._end(name, world)

    def dying_workers(self) -> Outcome:
        """In one run, workers die at each of their steps, and nobody starts anything again."""
        world = self._new()
        steps = [(step, when) for step in MAKING for when in ("before", "after")]
        inspecting = [
            self._trouble(world, step, when, "worker")
            for step in ("write scratch/", "stage sources/parts")
            for when in ("before", "after")
        ]
        making = [
            self._trouble(world, step.replace("/", f"/{place // _KILLS_A_SHARD:06d}", 1), when, "worker")
            for place, (step, when) in enumerate(steps)
            if step != "remove scratch/"  # its names are hashes of photos
        ]
        removing = [self._trouble(world, "remove scratch/", when, "worker") for when in ("before", "after")]
        world.suffer([*inspecting, *making, *removing])
        assert world.runs == 1 or world.env, "the run has stopped"  # a faulty store may stop it
        return self._end("worker dies, run goes on", world)

    def any_moment(self, kills: int) -> Outcome:
        """The whole cluster is killed at random moments."""
        world, chance = self._new(), random.Random(0)
        for number in range(kills):
            marked = [Trouble(step="never", when="before", what="worker", mark=str(world.marks / str(number)))]
            process = world.start(marked)
            time.sleep(chance.uniform(3, 12))
            kill_all(as_text(marked))
            finish(process)
            world.check_commits()
            world.struck["any moment", "cluster"] += 1
        return self._end("cluster dies at any moment", world)

    def two_drivers(self, rounds: int) -> Outcome:
        """Several drivers at once, of which one is killed in each round."""
        world, chance = self._new(), random.Random(1)
        for _ in range(rounds):
            first = world.start()
            time.sleep(chance.uniform(0, 6))
            second = world.start()
            time.sleep(chance.uniform(2, 6))
            first.kill()
            finish(first)
            finish(second)
            world.struck["two drivers", "driver"] += 1
        return self._end("two drivers, one killed", world)

    def changing_sources(self) -> Iterator[Outcome]:
        """A source goes, or gets other bytes, while the run stands still."""
        for name, change in (("a source goes", None), ("a source changes", b"changed")):
            world = self._new()
            world.suffer([self._trouble(world, "stage shards/000001", "before", "cluster")])
            photo = Path(world.source) / "11.png"
            kept = photo.read_bytes()
            if change is None:
                photo.unlink()
                status, said = world.run()
                assert status != 0 and "11.png is gone" in "".join(said.split("\n")), said
                world.struck[name, "refused"] += 1
                photo.write_bytes(kept)
            else:
                photo.write_bytes(kept + change)
                world.struck[name, "photo kept"] += 1
            outcome = self._end(name, world)
            photo.write_bytes(kept)
            yield outcome

    def poison(self) -> Outcome:
        """Files that crash their decoder, take all memory or never end: they are rejected, and nothing else is."""
        world = self._new()
        poisoned = world.marks / "photos"
        shutil.copytree(world.source, poisoned)
        world.source = str(poisoned)
        for harm in ("crash", "memory", "loop"):
            (poisoned / f"zz-{harm}.png").write_bytes((poisoned / "00.png").read_bytes() + POISON + harm.encode())
            world.struck["decoding", harm] += 1
        world.complete()
        found = world.contents()
        tars = [name for name in self._contents if name.startswith("shards/")]
        equal = all(found.get(name) == self._contents[name] for name in tars)
        keys = world.keys()
        return Outcome("poisoned files", world.struck, world.runs, *self._compare(keys), equal)

    def _new(self) -> World:
        name = f"set-{next(self._numbers)}"
        marks = self._folder / name
        marks.mkdir(parents=True)
        return self._world(name, marks)

    def _trouble(self, world: World, step: str, when: str, what: What) -> Trouble:
        mark = world.marks / f"{step} {when} {what}".replace("/", "-").replace(" ", "-")
        return Trouble(step=step, when=when, what=what, mark=str(mark))  # type: ignore[arg-type]

    def _end(self, name: str, world: World) -> Outcome:
        world.complete()
        return Outcome(name, world.struck, world.runs, *self._compare(world.keys()), world.contents() == self._contents)

    def _compare(self, keys: Counter[str]) -> tuple[int, int]:
        """Pairs that are missing, and pairs that are there more than once."""
        return len(self._keys.keys() - keys.keys()), sum(times > 1 for times in keys.values())
