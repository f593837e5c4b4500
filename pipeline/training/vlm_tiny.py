"""A FastVLM of half a million weights, made on the spot, to try a training on a processor without any download."""

from collections.abc import Iterable
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import nn

from pipeline.training.vlm_model import prepared, retouching

_PAD, _START, _END, _IMAGE = "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>"
_PATCH = 64
"""Pixels of a picture's side that one image token stands for; a property of FastVLM's tower."""

_TEMPLATE = (
    "{% for message in messages %}" + _START + "{{ message.role }}\n"
    "{% for part in message.content %}{% if part.type == 'image' %}" + _IMAGE + "\n"
    "{% else %}{{ part.text }}{% endif %}{% endfor %}" + _END + "\n{% endfor %}"
    "{% if add_generation_prompt %}" + _START + "assistant\n{% endif %}"
)


def tiny_model(texts: Iterable[str], process: str, side: int, seed: int) -> tuple[Any, Any]:
    """Model and processor with random weights and a vocabulary learned from texts.

    Args:
        texts: of the samples to train on.
        process: name of the process that the decoder renders.
        side: of the squares that the model sees, a multiple of 64.
        seed: of the weights.
    """
    tokenizer = _tokenizer(texts)
    images = transformers.CLIPImageProcessor(
        size={"shortest_edge": side},
        crop_size={"height": side, "width": side},
        image_mean=[0.0] * 3,
        image_std=[1.0] * 3,
    )
    processor = transformers.LlavaProcessor(
        images, tokenizer, patch_size=_PATCH, vision_feature_select_strategy="full", chat_template=_TEMPLATE
    )
    config = transformers.FastVlmConfig(
        vision_config={
            "model_type": "timm_wrapper",
            "architecture": "fastvit_mci3",
            "hidden_size": 256,
            "model_args": {"inference_mode": True, "layers": [1] * 5, "embed_dims": [8, 16, 32, 64, 128]},
        },
        text_config={
            "model_type": "qwen2",
            "hidden_size": 128,
            "intermediate_size": 256,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "vocab_size": len(tokenizer),
            "tie_word_embeddings": True,
            "pad_token_id": tokenizer.pad_token_id,
            "eos_token_id": tokenizer.eos_token_id,
        },
        image_token_index=tokenizer.convert_tokens_to_ids(_IMAGE),
    )
    config.retouch = {"process": process, "token_ids": [], "side": side}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = retouching(transformers.FastVlmForConditionalGeneration)(config)
        _wake(model.model.vision_tower)
        model, processor = prepared(model, processor, "tiny")
    return model, processor


def _tokenizer(texts: Iterable[str]) -> Any:
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1024,
        show_progress=False,
        special_tokens=[_PAD, _START, _END, _IMAGE],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    bpe.train_from_iterator(texts, trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token=_PAD, eos_token=_END, additional_special_tokens=[_START, _IMAGE]
    )


def _wake(tower: nn.Module) -> None:
    """Draw weights that let a picture through: as timm makes them, the tower's output is 1e-24 of its input."""
    for module in tower.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(gamma := getattr(module, "gamma", None), nn.Parameter):  # the factor on a residual branch
            nn.init.ones_(gamma)
