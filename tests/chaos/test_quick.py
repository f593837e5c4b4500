"""A part of the chaos, on disk, that takes a minute; `make chaos` has all of it."""

from pathlib import Path

import pytest

from tests.chaos.scenarios import Scenarios
from tests.chaos.world import World, photos

pytestmark = pytest.mark.ray


def test_nothing_is_lost_when_processes_die(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    base = World(str(tmp_path / "photos"), str(tmp_path / "undisturbed"), tmp_path)
    base.complete()
    assert len(base.keys()) == 24
    scenarios = Scenarios(base, tmp_path / "sets", lambda name, marks: World(base.source, str(marks / "out"), marks))
    for outcome in (
        scenarios.deaths(["driver", "cluster"], ("create commits/",), "dying"),
        scenarios.dying_workers(),
    ):
        assert (outcome.lost, outcome.doubled, outcome.equal) == (0, 0, True), outcome
        assert outcome.struck.total() in (2, 14)
