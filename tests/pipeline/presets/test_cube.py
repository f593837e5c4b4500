"""Cube tables map colours as the format says: red fastest, linear between points, within their domain."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.data import astronaut

from pipeline.presets import cube
from pipeline.presets.cube import CubeLut, parse_cube, read_cube
from pipeline.presets.preset import PresetError

SOURCE = Path("look.cube")


def rows(size: int, function: str = "r g b") -> str:
    """Rows of a cube, red fastest, each "r g b" or another order or set of those three."""
    steps = [i / (size - 1) for i in range(size)]
    return "\n".join(
        " ".join(f"{ {'r': r, 'g': g, 'b': b}[name]:.7f}" for name in function.split())
        for b in steps
        for g in steps
        for r in steps
    )


def lut(text: str) -> CubeLut:
    return parse_cube(text.encode(), SOURCE)


@pytest.mark.parametrize("size", [2, 5, 33])
def test_an_identity_gives_the_picture_back(size: int) -> None:
    image = torch.from_numpy(np.stack([astronaut(), astronaut()[::-1]])).movedim(-1, 1).float() / 255
    curves = "\n".join(f"{v} {v} {v}" for v in np.linspace(0, 1, size))
    for text in (f"LUT_3D_SIZE {size}\n{rows(size)}", f"LUT_1D_SIZE {size}\n{curves}"):
        out = lut(text).apply(image)
        assert out.shape == image.shape
        torch.testing.assert_close(out, image, atol=2e-6, rtol=0)


def test_red_is_the_fastest_axis() -> None:
    # Eight rows told apart by their red: 0 for black, then 1/7 for pure red, 2/7 for green, 3/7 for yellow, and so on.
    text = "LUT_3D_SIZE 2\n" + "\n".join(f"{i / 7} 0 0" for i in range(8))
    colors = torch.tensor([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]])
    out = lut(text).apply(colors.float().T.reshape(1, 3, 2, 4))
    torch.testing.assert_close(out[0, 0].flatten(), torch.arange(8) / 7)
    assert not out[0, 1:].any()


@given(st.permutations("rgb"), arrays(np.float32, (2, 3, 2, 3), elements=st.floats(0, 1, width=32)))
def test_channels_are_permuted_as_the_table_says(order: list[str], values: np.ndarray) -> None:
    image = torch.from_numpy(values)
    out = lut(f"LUT_3D_SIZE 4\n{rows(4, ' '.join(order))}").apply(image)
    torch.testing.assert_close(out, image[:, ["rgb".index(name) for name in order]], atol=1e-6, rtol=0)


@given(arrays(np.float32, (4, 4, 4, 3), elements=st.floats(-1, 2, width=32)), st.tuples(*[st.floats(-0.5, 1.5)] * 3))
def test_between_points_it_is_trilinear(table: np.ndarray, color: tuple[float, float, float]) -> None:
    text = "LUT_3D_SIZE 4\n" + "\n".join(" ".join(map(repr, row)) for row in table.reshape(-1, 3).tolist())
    position = np.clip(np.array(color), 0, 1) * 3
    low = np.minimum(position.astype(int), 2)
    expected = np.zeros(3)
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(corner, position - low, 1 - position + low))
        red, green, blue = low + corner
        expected += weight * table[blue, green, red]
    out = lut(text).apply(torch.tensor(color).view(1, 3, 1, 1))
    np.testing.assert_allclose(out.flatten(), expected, atol=1e-5)


def test_curves_are_each_for_its_own_channel() -> None:
    text = "LUT_1D_SIZE 3\n0 1 0\n0.25 0.5 0.5\n1 0 1"
    image = torch.tensor([[0.25, 0.5, 0.75], [0.25, 0.5, 0.75], [0.25, 0.5, -1.0]]).view(1, 3, 1, 3)
    expected = torch.tensor([[0.125, 0.25, 0.625], [0.75, 0.5, 0.25], [0.25, 0.5, 0.0]]).view(1, 3, 1, 3)
    torch.testing.assert_close(lut(text).apply(image), expected)


@pytest.mark.parametrize("domain", ["DOMAIN_MIN -1 -1 -1\nDOMAIN_MAX 3 3 3", "LUT_3D_INPUT_RANGE -1 3"])
def test_the_domain_is_stretched_over_the_table(domain: str) -> None:
    table = lut(f"LUT_3D_SIZE 2\n{domain}\n{rows(2)}")
    image = torch.tensor([-2.0, -1.0, 0.0, 1.0, 3.0, 9.0]).expand(1, 3, 1, 6)
    expected = torch.tensor([0.0, 0.0, 0.25, 0.5, 1.0, 1.0]).expand(1, 3, 1, 6)
    torch.testing.assert_close(table.apply(image), expected)


def test_a_domain_for_each_channel() -> None:
    table = lut(f"DOMAIN_MAX 1 2 4\nLUT_3D_SIZE 2\n{rows(2)}")
    out = table.apply(torch.ones(1, 3, 1, 1))
    torch.testing.assert_close(out.flatten(), torch.tensor([1.0, 0.5, 0.25]))


def test_gradients_and_double_precision_pass_through() -> None:
    image = torch.rand(1, 3, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    out = lut(f"LUT_3D_SIZE 3\n{rows(3, 'b r g')}").apply(image)
    out[:, 0].sum().backward()
    assert out.dtype == torch.float64
    assert image.grad is not None
    torch.testing.assert_close(image.grad.sum(dim=(0, 2, 3)), torch.tensor([0.0, 0.0, 4.0], dtype=torch.float64))


def test_comments_titles_and_odd_bytes() -> None:
    data = b'\xef\xbb\xbf# made by \xe9\r\nTITLE "Caf\xe9 7"\r\n\r\nLUT_3D_SIZE\t2\r\n#KEYWORD\r\n' + rows(2).encode()
    assert parse_cube(data + b"\r\n# end\r\n", SOURCE).title == "Caf\ufffd 7"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "one of LUT_1D_SIZE and LUT_3D_SIZE"),
        (f"LUT_1D_SIZE 2\nLUT_3D_SIZE 2\n{rows(2)}", "one of LUT_1D_SIZE and LUT_3D_SIZE"),
        ("LUT_3D_SIZE 130\n0 0 0", "'130'; it must be 2 to 129"),
        ("LUT_3D_SIZE 1\n0 0 0", "'1'; it must be 2 to 129"),
        ("LUT_1D_SIZE 65537\n0 0 0", "'65537'; it must be 2 to 65536"),
        ("LUT_3D_SIZE 99999999999999999999", "it must be 2 to 129"),
        ("LUT_3D_SIZE -2", "it must be 2 to 129"),
        (f"LUT_3D_SIZE 3\n{rows(2)}", "holds 8 rows; 3D of size 3 takes 27"),
        (f"LUT_3D_SIZE 2\n{rows(2)}\n0 0 0", "holds 9 rows"),
        (f"LUT_IN_VIDEO_RANGE\nLUT_3D_SIZE 2\n{rows(2)}", "unknown keyword 'LUT_IN_VIDEO_RANGE'"),
        (f"LUT_3D_SIZE 2\nLUT_3D_SIZE 2\n{rows(2)}", "LUT_3D_SIZE is given twice"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1", "not a row of numbers"),
        ("LUT_1D_SIZE 2\n0 0\n1 1", "not three finite numbers"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 nan 1", "not three finite numbers"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1e99 1", "not three finite numbers"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 red 1", "not a row of numbers"),
        (f"LUT_1D_SIZE 2\n0 0 0\n1 1 {'1' * 250}", "line 3 is longer than 250"),
        ("DOMAIN_MIN 0 0 1\nLUT_1D_SIZE 2\n0 0 0\n1 1 1", "three greater ones"),
        ("DOMAIN_MAX 1 1\nLUT_1D_SIZE 2\n0 0 0\n1 1 1", "not numbers"),
        ("DOMAIN_MAX 1 1 inf\nLUT_1D_SIZE 2\n0 0 0\n1 1 1", "three greater ones"),
    ],
)
def test_what_is_no_table_is_refused_by_name(text: str, problem: str) -> None:
    with pytest.raises(PresetError, match=rf"^look\.cube: .*{problem}"):
        lut(text)


def test_only_files_within_the_limit_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.cube"
    path.write_text(f"LUT_3D_SIZE 2\n{rows(2)}")
    assert read_cube(path).table.shape == (3, 2, 2, 2)
    monkeypatch.setattr(cube, "LIMIT", path.stat().st_size - 1)
    with pytest.raises(PresetError, match=r"a\.cube: larger than"):
        read_cube(path)


FILM = "\n".join(
    f"{0.05 + 0.9 * r**0.9:.6f} {0.95 * g + 0.03 * r:.6f} {0.1 + 0.8 * b**1.1:.6f}"
    for b in np.linspace(0, 1, 17)
    for g in np.linspace(0, 1, 17)
    for r in np.linspace(0, 1, 17)
)


@pytest.mark.parametrize(
    ("text", "most"),
    [
        (f"LUT_3D_SIZE 17\n{FILM}", 1),
        (f"LUT_3D_SIZE 17\nDOMAIN_MAX 2 2 2\n{FILM}", 0),
        (f"LUT_3D_SIZE 66\n{rows(66, 'b r g')}", 0),
        ("LUT_1D_SIZE 3\n-1 1 0\n0.25 0.5 0.5\n2 0 1", 0),
    ],
)
def test_pictures_in_8_bit_come_within_a_step(text: str, most: int) -> None:
    picture = torch.from_numpy(astronaut()).permute(2, 0, 1)
    table = lut(text)
    expected = (table.apply(picture[None] / 255)[0].clamp(0, 1) * 255 + 0.5).to(torch.uint8)
    rendered = table.render(picture)
    assert rendered.dtype == torch.uint8
    difference = (rendered.int() - expected.int()).abs()
    assert int(difference.max()) <= most
    assert float((difference > 0).float().mean()) < 0.05
