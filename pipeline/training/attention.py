"""Attention over channels and over places of feature maps: CBAM (Woo et al., "CBAM: Convolutional Block Attention
Module", ECCV 2018)."""

import torch
from torch import Tensor, nn

_REDUCTION = 16
_KERNEL = 7


class ChannelAttention(nn.Module):
    """Weights the channels of (B, C, H, W) by a small network on their means and maxima."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(channels // _REDUCTION, 1)
        self.network = nn.Sequential(
            nn.Linear(channels, narrow, bias=False), nn.ReLU(), nn.Linear(narrow, channels, bias=False)
        )

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        logits = self.network(features.mean((2, 3))) + self.network(features.amax((2, 3)))
        return features * torch.sigmoid(logits)[:, :, None, None]


class SpatialAttention(nn.Module):
    """Weights the places of (B, C, H, W) by a convolution of the mean and the maximum over channels."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 1, _KERNEL, padding=_KERNEL // 2, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        seen = torch.cat([features.mean(1, keepdim=True), features.amax(1, keepdim=True)], dim=1)
        return features * torch.sigmoid(self.convolution(seen))


def cbam(channels: int) -> nn.Sequential:
    """Attention over channels, then over places."""
    return nn.Sequential(ChannelAttention(channels), SpatialAttention())
