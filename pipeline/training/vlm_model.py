"""Any image-text-to-text model of transformers, with a decoder that reads its hidden states."""

from collections.abc import Sequence
from functools import cache, wraps
from typing import Any

import torch
import transformers
from torch import Tensor

from pipeline.training.vlm_decoder import ProcessDecoder
from pipeline.training.vlm_tokens import add_special_tokens
from schemas.errors import UnretouchError

DECODER = "retouch_decoder"
"""Attribute of a model that holds its decoder."""


class UnusableModelError(UnretouchError):
    """A checkpoint cannot be used."""

    exit_code = 2


@cache
def retouching(base: Any) -> Any:
    """A subclass of a model class whose config has a field `retouch` and which holds the decoder that it describes.

    The field is a dict of `process`, `token_ids` (of the three retouch tokens) and `side` (of what the model sees).
    The subclass goes by the name of its base: what either saves, the other loads, but for the decoder.
    """

    class Retouching(base):
        def __init__(self, config: Any, *arguments: Any, **options: Any) -> None:
            super().__init__(config, *arguments, **options)
            width = config.get_text_config().hidden_size
            setattr(self, DECODER, ProcessDecoder(config.retouch["process"], width))
            self.post_init()

        def train(self, mode: bool = True) -> Any:
            """As the base's, but frozen modules stay as they are in inference: a frozen normalisation would otherwise
            go on to count the pictures that it sees, and answer differently in training."""
            super().train(mode)
            for module in self.modules() if mode else ():
                weights = list(module.parameters())
                if weights and not any(weight.requires_grad for weight in weights):
                    module.eval()
            return self

        @wraps(base.forward)  # its signature tells `generate` what the model takes
        def forward(self, input_ids: Any = None, before: Any = None, **inputs: Any) -> Any:
            """As the base's. With `before`, (B, 3, N) pixels, what the decoder makes of them joins the outputs: the
            recipe's `shares` and the `rendered` pixels."""
            if before is None:
                return super().forward(input_ids=input_ids, **inputs)
            outputs = super().forward(input_ids=input_ids, **inputs, output_hidden_states=True, return_dict=True)
            states = states_before(outputs.hidden_states[-1], input_ids, self.config.retouch["token_ids"])
            outputs["shares"], outputs["rendered"] = getattr(self, DECODER)(states, before)
            return outputs

    # Transformers renames the weights of older checkpoints by the name of the class, if it is one of its own.
    Retouching.__name__ = Retouching.__qualname__ = base.__name__
    Retouching.__module__ = base.__module__
    return Retouching


def states_before(hidden: Tensor, ids: Tensor, tokens: Sequence[int]) -> Tensor:
    """The hidden state that predicts each retouch token: the one at the position before it.

    Args:
        hidden: (B, T, D).
        ids: (B, T) ids of the tokens at the same positions.
        tokens: ids of the retouch tokens.

    Returns:
        (B, len(tokens), D). Of a token that comes several times, the last counts.

    Raises:
        ValueError: a row lacks one of the tokens.
    """
    positions = torch.arange(ids.shape[1], device=ids.device)
    found = torch.stack([torch.where(ids == token, positions, 0).amax(1) for token in tokens], dim=1)
    if not (found > 0).all():
        raise ValueError("a sequence lacks a retouch token")
    return hidden.gather(1, (found - 1)[..., None].expand(-1, -1, hidden.shape[-1]))


def with_decoder(name: str, model_class: str | None, process: str, side: int) -> tuple[Any, Any]:
    """A plain checkpoint as a retouching model: tokens of the format added, a new decoder.

    Args:
        name: folder or hub name of the checkpoint, in transformers' format.
        model_class: name of a class of transformers; None takes the one that the checkpoint names.
        process: name of the process that its decoder renders.
        side: of the squares that the model sees.

    Returns:
        Model, in float32, and processor.

    Raises:
        UnusableModelError: the checkpoint cannot be loaded, has no chat template, or its class is unknown.
    """
    try:
        config = transformers.AutoConfig.from_pretrained(name)
        processor = transformers.AutoProcessor.from_pretrained(name)
        base = _class_named(model_class or (config.architectures or [""])[0])
        config.retouch = {"process": process, "token_ids": [], "side": side}
        model = retouching(base).from_pretrained(name, config=config, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise UnusableModelError(f"model {name!r} cannot be loaded: {error}") from error
    return prepared(model, processor, name)


def prepared(model: Any, processor: Any, name: str) -> tuple[Any, Any]:
    """Model and processor with the tokens of the format.

    Answers end with the tokenizer's end of text. How the checkpoint generates otherwise, such as a penalty on what is
    said twice, is dropped: an answer that was learned by heart would not be said.

    Raises:
        UnusableModelError: the processor has no chat template.
    """
    if processor.chat_template is None:
        raise UnusableModelError(f"the processor of model {name!r} has no chat template")
    tokenizer = processor.tokenizer
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    model.generation_config = transformers.GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    model.config.retouch = {**model.config.retouch, "token_ids": add_special_tokens(model, processor)}
    return model, processor


def load(folder: str) -> tuple[Any, Any]:
    """Model and processor of a finished training.

    Raises:
        UnusableModelError: the folder holds none.
    """
    try:
        config = transformers.AutoConfig.from_pretrained(folder)
        if not hasattr(config, "retouch"):
            raise UnusableModelError(f"{folder} holds a model, but none that `unretouch train-vlm` wrote")
        model = retouching(_class_named(config.architectures[0])).from_pretrained(folder, config=config)
        return model.eval(), transformers.AutoProcessor.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise UnusableModelError(f"{folder} holds no model that can be loaded: {error}") from error


def _class_named(name: str) -> Any:
    found = getattr(transformers, name, None)
    if not (isinstance(found, type) and issubclass(found, transformers.GenerationMixin)):
        raise UnusableModelError(f"{name!r} is no class of transformers that generates text")
    return found
