"""Frames: parts of a picture that lie within it, perhaps mirrored, the same in both halves of a pair."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.training.framing import draw_frame, framed


def ramp(side: int = 32) -> torch.Tensor:
    """Six channels: their own x and y as shares of the sides, three times."""
    steps = torch.linspace(0, 1, side)
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    return torch.stack([x, y]).repeat(3, 1, 1)


@given(seed=st.integers(0, 10_000))
def test_a_frame_shows_what_lies_between_its_corners(seed: int) -> None:
    frame = draw_frame(torch.Generator().manual_seed(seed))
    assert 0 <= frame.min() <= frame.max() <= 1
    assert ((frame[2] - frame[0]).abs() >= 0.6 - 1e-6).all()
    seen = framed(ramp()[None], frame[None])[0]
    found = torch.stack([seen[:2, y, x] for y, x in ((0, 0), (0, -1), (-1, -1), (-1, 0))])
    assert torch.allclose(found, frame, atol=1e-4)
    assert torch.equal(seen[:2], seen[2:4])
    assert torch.allclose(seen[:, 16, 16], (seen[:, 0, 0] * 15 + seen[:, -1, -1] * 16) / 31, atol=1e-4)


def test_frames_of_a_batch_are_its_own() -> None:
    generator = torch.Generator().manual_seed(0)
    frames = torch.stack([draw_frame(generator) for _ in range(40)])
    assert len({tuple(frame.flatten().tolist()) for frame in frames}) == 40
    mirrored = frames[:, 0] > frames[:, 2]
    assert (mirrored.float().mean(0) - 0.5).abs().max() < 0.3
    both = framed(torch.stack([ramp(), ramp()]), frames[:2])
    assert torch.allclose(both[1], framed(ramp()[None], frames[1:2])[0], atol=1e-5)
