"""What the modules of pyiqa need, and what they must be kept from, while they are imported."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

_REPLACES_LLAMA = "pyiqa.archs.q_align.cmp_modelling_mplug_owl2"


@contextmanager
def pyiqa_imports(name: str) -> Iterator[None]:
    """Make the modules of all metrics importable, and keep them from changing other libraries.

    pyiqa imports the modules of all metrics to find one whose module has another name, and goes on without those that
    fail. So what is missing at the first import is missing for good.

    Args:
        name: the metric that is to be loaded.
    """
    substitutes = _substitutes(name)
    sys.modules.update(substitutes)
    try:
        yield
    finally:
        for module in substitutes:
            del sys.modules[module]


def _substitutes(name: str) -> Mapping[str, ModuleType]:
    found: dict[str, ModuleType] = {}
    if not name.startswith("compare2score") and _REPLACES_LLAMA not in sys.modules:
        # The module of compare2score replaces parts of transformers' Llama, which a model in the same process may be
        # made of. A module that is None cannot be imported.
        found[_REPLACES_LLAMA] = None  # type: ignore[assignment]  # None is what the import system looks for
    if find_spec("pkg_resources") is None:
        # OpenAI's CLIP, of CLIP-IQA and its kin, takes packaging from pkg_resources, which setuptools 82 has dropped.
        substitute = ModuleType("pkg_resources")
        substitute.packaging = importlib.import_module("packaging")  # type: ignore[attr-defined]  # modules take any
        importlib.import_module("packaging.version")
        found["pkg_resources"] = substitute
    return found
