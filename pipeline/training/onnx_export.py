"""A renderer for other programs: its two halves as ONNX, which runs without PyTorch."""

import logging
import warnings
from pathlib import Path

import onnxscript  # noqa: F401  torch's exporter needs it, and fails late without it
import torch
from torch import Tensor, nn

from pipeline.training.encoders import GROUPS
from pipeline.training.renderer import RetouchRenderer, load_renderer


class _Encoder(nn.Module):
    """`RetouchRenderer.encode` as a module."""

    def __init__(self, model: RetouchRenderer) -> None:
        super().__init__()
        self.model = model

    def forward(self, control: Tensor, mask: Tensor) -> Tensor:
        return self.model.encode(control, mask)


def write_onnx(model: Path, folder: Path) -> list[Path]:
    """Write a renderer as `encoder.onnx` and `decoder.onnx`: an edit is encoded once, however many pixels are decoded.

    The encoder takes `control` and `mask` and gives `latents`, as `RetouchRenderer.encode` explains them. The decoder
    takes `colors` and `latents` and gives `rendered`, as `PixelDecoder.forward` does. All are float32; the numbers of
    edits and of pixels are free.

    Args:
        model: a renderer, as `unretouch train` writes it.
        folder: made if it is missing.

    Raises:
        ModelFileError: the model cannot be loaded.
    """
    for name in ("onnxscript", "onnx_ir"):  # they report every node that they simplify
        logging.getLogger(name).setLevel(logging.WARNING)
    renderer = load_renderer(model)
    config, edits = renderer.config, 2
    told = (len(renderer.process.parameters),) if config.control == "parameters" else (6, config.side, config.side)
    mask, latents = torch.ones(edits, len(GROUPS)), torch.zeros(edits, len(GROUPS) * config.latent)
    folder.mkdir(parents=True, exist_ok=True)
    encoder, decoder = folder / "encoder.onnx", folder / "decoder.onnx"
    _export(_Encoder(renderer), {"control": torch.zeros(edits, *told), "mask": mask}, "latents", encoder)
    _export(renderer.decoder, {"colors": torch.rand(edits, 5, 3), "latents": latents}, "rendered", decoder)
    return [encoder, decoder]


def _export(module: nn.Module, inputs: dict[str, Tensor], output: str, path: Path) -> None:
    free = {name: {0: "edits", 1: "pixels"} if name == "colors" else {0: "edits"} for name in inputs}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="# The axis name")  # both inputs have as many edits, as is meant
        torch.onnx.export(
            module.eval(),
            kwargs=inputs,
            f=path,
            input_names=list(inputs),
            output_names=[output],
            dynamic_shapes=free,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
