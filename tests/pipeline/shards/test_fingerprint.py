import re

import pytest

from pipeline.shards.fingerprint import fingerprint, this_platform
from schemas.jobs.run import RunConfig


def test_the_compiler_is_part_of_a_data_set_that_has_things_compiled(tiny_dataset: RunConfig) -> None:
    compiled, eager = this_platform("compiled"), this_platform("eager")
    assert re.search(r"\d+\.\d+", compiled.libraries["c++"])
    assert compiled.libraries.keys() - eager.libraries.keys() == {"c++"}
    assert fingerprint(tiny_dataset, "s", None, "c", compiled) != fingerprint(tiny_dataset, "s", None, "c", eager)


def test_libraries_of_several_compilers_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = iter(["13.1", "12.2", "13.1"])
    monkeypatch.setattr("pipeline.shards.fingerprint.compiler_of", lambda _: next(versions))
    assert this_platform("compiled").libraries["c++"] == "12.2, 13.1"
