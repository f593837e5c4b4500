"""The retouch renderer: an edit, told by a pair of pictures or by parameters, applied to the colours of any picture.

It follows VeraRetouch's (Apache-2.0 inference code): an encoder makes three decoupled latents, group masks switch them
off one by one, and a network maps each pixel's colour under their condition. So it works at any resolution, and a
latent is a colour table, which `pipeline.training.bake` writes as one.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from operators.catalogue import PROCESSES
from operators.process import Process
from operators.quantization import quantize
from pipeline.training.encoders import GROUPS, PairEncoder, ParameterEncoder
from pipeline.training.weights import ModelFileError, read_weights
from schemas.jobs.train_renderer import RendererConfig

_CHUNKS = {"cpu": 8192}
_CHUNK = 262_144
"""Pixels decoded at a time; on a processor, as many as leave the hidden layers in its cache."""

_EDGE = 1 / 510
"""Half an 8-bit step: black and white are taken as this far from the ends, where a logit would be infinite."""


class PixelDecoder(nn.Module):
    """A network on single pixels; the latents are added to every hidden layer.

    It predicts a displacement of the colour's logit, so that it starts at the identity and stays in the gamut.

    Args:
        latent: width of all latents together.
        hidden: widths of the hidden layers.
    """

    def __init__(self, latent: int, hidden: Sequence[int]) -> None:
        super().__init__()
        widths = [3, *hidden]
        self.layers = nn.ModuleList(nn.Linear(narrow, wide) for narrow, wide in itertools.pairwise(widths))
        self.norms = nn.ModuleList(nn.LayerNorm(wide) for wide in hidden)
        self.conditions = nn.ModuleList(nn.Linear(latent, wide) for wide in hidden)
        self.last = nn.Linear(hidden[-1], 3)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, colors: Tensor, latents: Tensor) -> Tensor:
        """Encoded sRGB in [0, 1], (B, N, 3), and latents, (B, L), to encoded sRGB in [0, 1], (B, N, 3)."""
        features = colors * 2 - 1
        active = F.silu(latents)
        for layer, norm, condition in zip(self.layers, self.norms, self.conditions, strict=True):
            features = norm(torch.relu(layer(features))) + condition(active)[:, None]
        decoded: Tensor = torch.sigmoid(torch.logit(colors, _EDGE) + self.last(features))
        return decoded


class RetouchRenderer(nn.Module):
    """Encoder and decoder.

    Args:
        config: variant and widths.
        process: what the parameters are of.
    """

    def __init__(self, config: RendererConfig, process: Process) -> None:
        super().__init__()
        self.config = config
        self.process = process
        self.encoder: nn.Module = (
            PairEncoder(config.latent)
            if config.control == "reference"
            else ParameterEncoder(process.parameters, config.latent)
        )
        self.decoder = PixelDecoder(len(GROUPS) * config.latent, config.hidden)

    def encode(self, control: Tensor, mask: Tensor) -> Tensor:
        """The latents of edits.

        Args:
            control: what the variant's encoder takes: pairs, (B, 6, S, S) in [-1, 1], or parameters, (B, P) in [-1, 1].
            mask: (B, 3), 0 where a group changes nothing.

        Returns:
            (B, 3 * latent).
        """
        latents: Tensor = self.encoder(control)
        return (latents * mask[:, :, None]).flatten(1)

    def forward(self, control: Tensor, mask: Tensor, colors: Tensor) -> Tensor:
        """Render colours, (B, 3, N) encoded sRGB in [0, 1], to the same; `encode` explains the others."""
        decoded: Tensor = self.decoder(colors.transpose(1, 2), self.encode(control, mask))
        return decoded.transpose(1, 2)

    @torch.no_grad()
    def render(self, picture: Tensor, latents: Tensor) -> Tensor:
        """Render a whole picture, some pixels at a time.

        Args:
            picture: uint8 (3, H, W).
            latents: (1, 3 * latent), as `encode` makes them.
        """
        colors = torch.split(picture.flatten(1).T / 255, _CHUNKS.get(picture.device.type, _CHUNK))
        decoded = torch.cat([self.decoder(chunk[None], latents)[0] for chunk in colors])
        return quantize(decoded.float().T.reshape(1, *picture.shape))[0]


def save_renderer(model: RetouchRenderer, path: Path) -> None:
    """Write a renderer as safetensors, with its config in the metadata."""
    metadata = {"renderer": model.config.model_dump_json(), "process": model.process.name}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, path, metadata)


def load_renderer(path: Path) -> RetouchRenderer:
    """Read a renderer that `save_renderer` wrote, ready to render.

    Raises:
        ModelFileError: the file cannot be read, or holds something else.
    """
    metadata, weights = read_weights(path)
    try:
        config = RendererConfig.model_validate_json(metadata["renderer"])
        model = RetouchRenderer(config, PROCESSES[metadata["process"]])
        model.load_state_dict(weights)
    except (KeyError, ValueError, RuntimeError) as error:
        raise ModelFileError(f"{path} holds no renderer of this version: {error}") from error
    return model.eval()
