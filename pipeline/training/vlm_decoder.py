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
        self._order = [at for group in columns for at in group]

    def parameters_of(self, states: Tensor) -> Tensor:
        """(B, 3, D) states of the light, colour and specific token to (B, P) values, inside of every slider's range.

        The end of a range is approached and not reached. Where a head says 0, the slider is neutral.
        """
        shares = torch.cat([head(state) for head, state in zip(self.heads, states.unbind(1), strict=True)], dim=1)
        shares = shares.float().tanh()
        specs = [self.process.parameters[at] for at in self._order]
        neutral, low, high = (
            torch.tensor([getattr(spec, name) for spec in specs], device=shares.device)
            for name in ("neutral", "minimum", "maximum")
        )
        values = neutral + torch.where(shares >= 0, (high - neutral) * shares, (neutral - low) * shares)
        back = [self._order.index(at) for at in range(len(self._order))]
        return values[:, back]

    def forward(self, states: Tensor, pixels: Tensor) -> Tensor:
        """(B, 3, D) states and (B, 3, N) encoded sRGB in [0, 1] to edited pixels, in float32 and not clipped."""
        with torch.autocast(pixels.device.type, enabled=False):
            values = self.parameters_of(states.to(next(self.parameters()).dtype))
            return self.process.render(pixels.float()[..., None], values)[..., 0]

    def recipe(self, states: Tensor) -> Recipe:
        """The recipe of one picture's states, (1, 3, D), in the steps of its sliders."""
        values = self.parameters_of(states)[0].tolist()
        stepped = {
            spec.name: spec.stepped(value, spec.minimum, spec.maximum)
            for spec, value in zip(self.process.parameters, values, strict=True)
        }
        return Recipe(process=self.process.name, values=stepped)
