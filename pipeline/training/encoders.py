"""What an edit is told to the renderer by: a pair of pictures, or parameter values. Both become three latents.

The latents are of light, of colour and temperature, and of specific colours, as `schemas.recipe.Group` lists them.
"""

from collections.abc import Sequence
from typing import get_args

import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from pipeline.training.attention import ChannelAttention, SpatialAttention, cbam
from schemas.recipe import Group, ParameterSpec

GROUPS: tuple[Group, ...] = get_args(Group)

_HIDDEN = 128


class PairEncoder(nn.Module):
    """The edit between two pictures of one photo: ResNet-18 (He et al., 2016) with attention between its blocks.

    Spatial attention follows both blocks of 64 channels, CBAM the first blocks of 128 and 256, channel attention the
    first block of 512, as in VeraRetouch's renderer.

    Args:
        latent: width of each latent.
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        network = resnet18(weights=None)
        stem = nn.Conv2d(6, 64, 7, stride=2, padding=3, bias=False)
        nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
        self.features = nn.Sequential(
            *(stem, network.bn1, network.relu, network.maxpool),
            *(network.layer1[0], SpatialAttention(), network.layer1[1], SpatialAttention()),
            *(network.layer2[0], cbam(128), network.layer2[1]),
            *(network.layer3[0], cbam(256), network.layer3[1]),
            *(network.layer4[0], ChannelAttention(512), network.layer4[1]),
        )
        self.latents = nn.Linear(512, len(GROUPS) * latent)

    def forward(self, pairs: Tensor) -> Tensor:
        """Before and after as six channels in [-1, 1], (B, 6, S, S), to (B, 3, latent)."""
        pooled = self.features(pairs).mean((2, 3))
        latents: Tensor = self.latents(pooled).unflatten(1, (len(GROUPS), -1))
        return latents


class ParameterEncoder(nn.Module):
    """The edit of a recipe: a network for each group, which sees the parameters of its group alone.

    Args:
        specs: parameters of the process, in the order of the columns.
        latent: width of each latent.
    """

    def __init__(self, specs: Sequence[ParameterSpec], latent: int) -> None:
        super().__init__()
        self.columns = [[i for i, spec in enumerate(specs) if spec.group == group] for group in GROUPS]
        self.networks = nn.ModuleList(
            nn.Sequential(
                *(nn.Linear(len(columns), _HIDDEN), nn.GELU()),
                *(nn.Linear(_HIDDEN, _HIDDEN), nn.GELU()),
                nn.Linear(_HIDDEN, latent),
            )
            for columns in self.columns
        )

    def forward(self, parameters: Tensor) -> Tensor:
        """Values in [-1, 1], (B, P), to (B, 3, latent)."""
        latents = zip(self.networks, self.columns, strict=True)
        return torch.stack([network(parameters[:, columns]) for network, columns in latents], dim=1)
