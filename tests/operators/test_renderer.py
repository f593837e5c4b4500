"""The fused engine against the operators, which are the reference, on real photographs and real recipes."""

import os
import subprocess
from functools import partial
from pathlib import Path
from unittest.mock import Mock, patch

import pytest
import torch
from torch import Tensor

from operators import fused
from operators.catalogue import AETHER_1, RLPIXTUNER_1
from operators.native import NoCompilerError, load_library
from operators.renderer import Renderer, _gpu_kernel, _render, _unrender

STEP = 1 / 255
COMPILER = os.environ.get("CXX", "g++").split()


def recipes(count: int, reach: float, seed: int) -> Tensor:
    """Random slider values, normal with a spread of `reach` of each range, cut at 80 % of it."""
    generator = torch.Generator().manual_seed(seed)
    limits = torch.tensor([spec.maximum for spec in AETHER_1.parameters])
    draws = torch.randn(count, len(limits), generator=generator) * reach
    return draws.clamp(-0.8, 0.8) * limits


@pytest.fixture(scope="module")
def compiled() -> Renderer:
    return Renderer(AETHER_1, "compiled")


@pytest.fixture(scope="module")
def eager() -> Renderer:
    return Renderer(AETHER_1, "eager")


@pytest.mark.parametrize("photo", ["astronaut", "coffee", "chelsea", "rocket", "china", "flower"])
def test_the_pass_in_torch_agrees_with_the_operators(photos: dict[str, Tensor], photo: str) -> None:
    picture = photos[photo][:, ::2, ::2]
    parameters = recipes(3, 0.15, seed=len(photo))
    pixels = picture.flatten(1).expand(3, -1, -1)
    image = (picture / 255).expand(3, -1, -1, -1)
    for kernel, tables, reference in (
        (fused.render_pixels, fused.render_tables, AETHER_1.render),
        (fused.unrender_pixels, fused.unrender_tables, AETHER_1.unrender),
    ):
        found = torch.stack(kernel(pixels, tables(fused.curves(AETHER_1, parameters))), dim=1).clamp(0, 1)
        expected = reference(image, parameters).flatten(2).clamp(0, 1)
        error = (found - expected).abs()
        assert error.max() < STEP / 2
        assert (error > 1e-3).float().mean() < 1e-5


@pytest.mark.parametrize("photo", ["astronaut", "china"])
def test_compiled_pictures_are_those_of_the_operators(
    compiled: Renderer, eager: Renderer, photos: dict[str, Tensor], photo: str
) -> None:
    parameters = recipes(2, 0.1, seed=1)
    inputs, clipped = compiled.unrender(photos[photo], parameters)
    expected, expected_clipped = eager.unrender(photos[photo], parameters)
    exact = AETHER_1.unrender((photos[photo] / 255).expand(2, -1, -1, -1), parameters).clamp(0, 1)
    assert (inputs / 255 - exact).abs().max() < STEP  # half a step is rounding, the other half is the pass
    assert (inputs.int() - expected.int()).abs().max() <= 1
    assert (inputs != expected).float().mean() < 0.03
    torch.testing.assert_close(clipped, expected_clipped, atol=2e-3, rtol=0)
    rendered, reference = compiled.render(inputs, parameters), eager.render(inputs, parameters)
    assert (rendered.int() - reference.int()).abs().max() <= 1
    assert (rendered != reference).float().mean() < 0.03


@pytest.mark.parametrize("photo", ["coffee", "rocket"])
def test_what_is_compiled_is_the_pass_in_torch(compiled: Renderer, photos: dict[str, Tensor], photo: str) -> None:
    parameters = recipes(3, 0.15, seed=4)
    picture = photos[photo]
    curves = fused.curves(AETHER_1, parameters)
    expected, count = _unrender(picture.flatten(1).expand(3, -1, -1), fused.unrender_tables(curves))
    inputs, clipped = compiled.unrender(picture, parameters)
    assert (inputs.flatten(2) != expected).float().mean() < 1e-4
    assert (inputs.flatten(2).int() - expected.int()).abs().max() <= 1
    torch.testing.assert_close(clipped, count / picture[0].numel(), atol=1e-5, rtol=0)
    expected = _render(inputs.flatten(2), fused.render_tables(curves))
    rendered = compiled.render(inputs, parameters).flatten(2)
    assert (rendered != expected).float().mean() < 1e-4
    assert (rendered.int() - expected.int()).abs().max() <= 1


def test_the_pass_for_gpus_compiles(photos: dict[str, Tensor]) -> None:
    curves = fused.curves(AETHER_1, recipes(2, 0.1, seed=5))
    pixels = photos["coffee"][:, :9, :64].flatten(1).expand(2, -1, -1)
    tables = fused.unrender_tables(curves)
    # All of the graph, without the minute that a compiler takes over its code.
    with patch("operators.renderer.torch.compile", partial(torch.compile, backend="aot_eager", fullgraph=True)):
        inputs, clipped = _gpu_kernel.__wrapped__(_unrender)(pixels, tables)
    expected, expected_clipped = _unrender(pixels, tables)
    assert (inputs.int() - expected.int()).abs().max() <= 1
    assert clipped.equal(expected_clipped)


def test_one_library_serves_every_size_and_number_of_recipes(compiled: Renderer, photos: dict[str, Tensor]) -> None:
    picture = photos["coffee"]
    for height, width, count in ((1, 1, 1), (7, 13, 3), (200, 333, 2)):
        crop = picture[:, :height, :width]
        inputs, clipped = compiled.unrender(crop, recipes(count, 0.1, seed=2))
        assert inputs.shape == (count, 3, height, width)
        assert compiled.render(inputs, recipes(count, 0.1, seed=2)).shape == inputs.shape
        assert clipped.shape == (count,)


def test_a_picture_does_not_depend_on_its_batch(compiled: Renderer, photos: dict[str, Tensor]) -> None:
    parameters = recipes(4, 0.1, seed=3)
    together, _ = compiled.unrender(photos["chelsea"], parameters)
    alone, _ = compiled.unrender(photos["chelsea"], parameters[2:3])
    assert alone[0].equal(together[2])
    assert compiled.render(together, parameters)[2].equal(compiled.render(together[2:3], parameters[2:3])[0])


def test_what_would_be_read_beyond_its_end_is_refused(compiled: Renderer, photos: dict[str, Tensor]) -> None:
    picture = photos["coffee"][:, :16, :16]
    inputs = picture.expand(4, -1, -1, -1)
    for bad, count in ((inputs, 1), (inputs / 255, 4), (inputs[:, :1], 4), (picture, 3)):
        with pytest.raises(ValueError, match="need uint8"):
            compiled.render(bad, recipes(count, 0.1, seed=6))
    for bad in (picture / 255, picture[:1], inputs):
        with pytest.raises(ValueError, match="need uint8"):
            compiled.unrender(bad, recipes(2, 0.1, seed=6))
    with pytest.raises(ValueError, match="float32"):
        compiled.render(inputs, recipes(4, 0.1, seed=6).double())


def test_recipes_that_change_in_place_or_type_are_not_mistaken(compiled: Renderer, photos: dict[str, Tensor]) -> None:
    inputs = photos["coffee"][None, :, :16, :16]
    parameters = torch.zeros(1, 38)
    assert compiled.render(inputs, parameters).equal(inputs)
    parameters[0, AETHER_1.index["Exposure2012"]] = 1
    assert not compiled.render(inputs, parameters).equal(inputs)
    with pytest.raises(ValueError, match="float32"):
        compiled.render(inputs, parameters.double())
    assert compiled.render(inputs, parameters).equal(Renderer(AETHER_1).render(inputs, parameters))


def test_no_change_gives_the_picture_back(compiled: Renderer, photos: dict[str, Tensor]) -> None:
    nothing = torch.zeros(1, 38)
    inputs, clipped = compiled.unrender(photos["flower"], nothing)
    assert inputs[0].equal(photos["flower"])
    assert compiled.render(inputs, nothing)[0].equal(photos["flower"])
    assert clipped.item() == 0


def test_clipping_is_counted(compiled: Renderer, photos: dict[str, Tensor]) -> None:
    darkening = torch.zeros(2, 38)
    darkening[1, AETHER_1.index["Exposure2012"]] = -3.0
    _, clipped = compiled.unrender(photos["astronaut"], darkening)
    assert clipped[0] == 0
    assert clipped[1] > 0.3


def test_other_processes_go_through_their_operators(photos: dict[str, Tensor]) -> None:
    engine = Renderer(RLPIXTUNER_1)
    picture = photos["coffee"][:, :64, :64]
    neutral = torch.tensor([list(RLPIXTUNER_1.neutral.values())])
    inputs, _ = engine.unrender(picture, neutral)
    assert (inputs[0].int() - picture.int()).abs().max() <= 1


def test_what_was_not_built_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoCompilerError, match=r"install a C\+\+ compiler.*engine=eager"):
        load_library(tmp_path)


def test_what_was_built_from_other_files_or_cut_short_is_refused(tmp_path: Path) -> None:
    source, built = tmp_path / "one.cpp", tmp_path / "_native.so"
    source.write_text('extern "C" const char *sources_sha256() { return "of other files"; }')
    subprocess.run([*COMPILER, "-shared", "-fPIC", source, "-o", built], check=True)
    with pytest.raises(NoCompilerError, match=r"built from other C.* install unretouch again"):
        load_library(tmp_path)
    other = tmp_path / "cut"
    other.mkdir()
    (other / "_native.so").write_bytes(built.read_bytes()[:100])
    with pytest.raises(NoCompilerError, match="cannot be loaded"):
        load_library(other)


def test_eager_needs_nothing_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operators.kernels.load_library", Mock(side_effect=NoCompilerError("not built")))
    with pytest.raises(NoCompilerError):
        Renderer(AETHER_1, "compiled")
    Renderer(AETHER_1, "eager")
