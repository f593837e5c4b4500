"""The decoder: from the hidden states that predict the retouch tokens to edited pixels."""

from typing import get_args

import torch
from torch import Tensor, nn

from operators.catalogue import PROCESSES
from schemas.recipe import Group, Recipe


class ProcessDecoder(nn.Module):
    """Renders by a process, whose parameters a head reads from the states: it needs no other checkpoint.

    Each group of parameters is read from the state of its own retouch token. Another decoder can take its place: the
    model only calls it with states and pixels.

    Args:
        process: name of a pointwise process whose operators are differentiable in their parameters.
        width: of the hidden states.
    """

    def __init__(self, process: str, width: int) -> None:
        super().__init__()
        self.process = PROCESSES[process]
        specs = self.process.parameters
        columns = [[at for at, spec in enumerate(specs) if spec.group == group] for group in get_args(Group)]
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, len(group))) for group in columns
        )
        order = [at for group in columns for at in group]
        self._back = [order.index(at) for at in range(len(order))]

    def shares_of(self, states: Tensor) -> Tensor:
        """(B, 3, D) states of the light, colour and specific token to (B, P) shares in (-1, 1), float32.

        A share is the slider's way from neutral to the end of its side, as in `ParameterSpec.normalized`.
        """
        with torch.autocast(states.device.type, enabled=False):
            states = states.to(next(self.parameters()).dtype)
            shares = [head(state) for head, state in zip(self.heads, states.unbind(1), strict=True)]
            return torch.cat(shares, dim=1).float().tanh()[:, self._back]

    def values_of(self, shares: Tensor) -> Tensor:
        """(B, P) shares to values in the sliders' units."""
        neutral, low, high = (
            torch.tensor([getattr(spec, name) for spec in self.process.parameters], device=shares.device)
            for name in ("neutral", "minimum", "maximum")
        )
        return neutral + torch.where(shares >= 0, (high - neutral) * shares, (neutral - low) * shares)

    def forward(self, states: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Shares, (B, P), and edited pixels, (B, 3, N), in float32 and not clipped.

        Args:
            states: (B, 3, D).
            pixels: (B, 3, N) encoded sRGB in [0, 1].
        """
        shares = self.shares_of(states)
        with torch.autocast(pixels.device.type, enabled=False):
            return shares, self.process.render(pixels.float()[..., None], self.values_of(shares))[..., 0]

    def recipe(self, states: Tensor) -> Recipe:
        """The recipe of one picture's states, (1, 3, D), in the steps of its sliders."""
        values = self.values_of(self.shares_of(states))[0].tolist()
        stepped = {
            spec.name: spec.stepped(value, spec.minimum, spec.maximum)
            for spec, value in zip(self.process.parameters, values, strict=True)
        }
        return Recipe(process=self.process.name, values=stepped)
