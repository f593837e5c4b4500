"""What the tests of the operators share: rendering by slider names."""

from collections.abc import Callable

import pytest
from torch import Tensor

from operators.catalogue import AETHER_1
from schemas.recipe import Recipe


@pytest.fixture
def render() -> Callable[..., Tensor]:
    """`render(image, Exposure2012=1.0, ...)`: an image (1, 3, ...) through aether/1."""

    def call(image: Tensor, **values: float) -> Tensor:
        recipe = Recipe(process=AETHER_1.name, values=values)
        return AETHER_1.render(image, AETHER_1.vector([recipe], dtype=image.dtype))

    return call
