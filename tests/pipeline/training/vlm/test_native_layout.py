"""A checkpoint as FastVLM-0.5B's on the hub is laid out, but tiny: what configs/train-vlm.yaml starts from."""

import json
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from pipeline.training.vlm import _adapted, train
from pipeline.training.vlm_model import DECODER, load, with_decoder
from pipeline.training.vlm_retouch import Retoucher
from pipeline.training.vlm_tokens import SPECIAL_TOKENS, encode_answer, encode_prompt, with_answer
from quality.text.format import RETOUCH_TOKENS, sections_of
from schemas.jobs.train_vlm import LoraSection, TrainVlmConfig

SIDE = 64
PICTURE = torch.arange(3 * SIDE * SIDE).remainder(251).to(torch.uint8).view(3, SIDE, SIDE)

TEMPLATE = (
    "{% for turn in messages %}<|im_start|>{{ turn.role }}\n"
    "{% for part in turn.content if part.type == 'image' %}<image>{% endfor %}"
    "{% for part in turn.content if part.type == 'text' %}{{ '\n' + part.text }}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def _tokenizer() -> Any:
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator([], trainers.BpeTrainer(show_progress=False, initial_alphabet=alphabet))
    learned = json.loads(bpe.to_str())["model"]
    tokenizer = transformers.Qwen2Tokenizer(vocab=learned["vocab"], merges=learned["merges"], chat_template=TEMPLATE)
    tokenizer.add_tokens(["<|im_start|>", "<|im_end|>", "<image>"], special_tokens=True)
    return tokenizer


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """bfloat16, embeddings tied and padded to a multiple of 64, the chat template in the tokenizer alone, the image
    processor of CLIP, and a generation config of a chat model, which ends turns with another token."""
    folder = tmp_path_factory.mktemp("native")
    tokenizer = _tokenizer()
    config = transformers.FastVlmConfig(
        vision_config={
            **{"model_type": "timm_wrapper", "architecture": "fastvit_mci3", "hidden_size": 256},
            "model_args": {"inference_mode": True, "layers": [1] * 5, "embed_dims": [8, 16, 32, 64, 128]},
        },
        text_config={
            **{"model_type": "qwen2", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1},
            **{"num_attention_heads": 2, "num_key_value_heads": 1, "vocab_size": 320, "tie_word_embeddings": True},
        },
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    model = transformers.FastVlmForConditionalGeneration(config).to(torch.bfloat16)
    model.generation_config = transformers.GenerationConfig(
        **{"eos_token_id": tokenizer.convert_tokens_to_ids("<|im_end|>"), "repetition_penalty": 1.3},
        **{"do_sample": True, "temperature": 0.7},
    )
    images = transformers.CLIPImageProcessor(
        **{"size": {"shortest_edge": SIDE}, "crop_size": {"height": SIDE, "width": SIDE}},
        **{"image_mean": [0.0] * 3, "image_std": [1.0] * 3},
    )
    processor = transformers.LlavaProcessor(tokenizer=tokenizer, image_processor=images)
    processor.patch_size = 64
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return str(folder)


def test_it_is_loaded_in_float32_with_its_weights_and_a_new_decoder(checkpoint: str) -> None:
    model, processor = with_decoder(checkpoint, None, "aether/1", SIDE)
    assert type(processor).__name__ == "LlavaProcessor"
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    state = model.state_dict()
    for name, stored in load_file(f"{checkpoint}/model.safetensors").items():
        assert torch.equal(state[name].to(stored.dtype), stored), name
    embeddings = model.get_input_embeddings().weight
    assert len(embeddings) == 320  # there was room for the tokens of the format
    assert embeddings is model.get_output_embeddings().weight
    assert len(processor.tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS))) == len(SPECIAL_TOKENS)
    assert processor.tokenizer.unk_token_id not in processor.tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS))


def test_the_model_sees_the_picture_as_it_is(checkpoint: str) -> None:
    _, processor = with_decoder(checkpoint, None, "aether/1", SIDE)
    prompt = encode_prompt(processor, "style", "Warmer.", PICTURE)
    torch.testing.assert_close(prompt["pixel_values"][0], PICTURE / 255)
    assert processor.tokenizer.decode(prompt["input_ids"][0]) == (
        "<|im_start|>user\n<image>\n<Style_Retouch_Task>Warmer.<|im_end|>\n<|im_start|>assistant\n"
    )


@pytest.mark.parametrize("lora", [None, {"rank": 2}], ids=["full", "lora"])
def test_it_is_trained_in_bfloat16_and_retouches(
    settings: dict[str, Any], checkpoint: str, lora: dict[str, Any] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {**settings, "model": checkpoint, "steps": 2, "precision": "bfloat16", "lora": lora}
    folder = train(TrainVlmConfig.model_validate(values))
    model, processor = load(str(folder))
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    kept = model.generation_config
    assert kept.eos_token_id == processor.tokenizer.eos_token_id
    assert not kept.do_sample
    assert kept.repetition_penalty in (None, 1.0)
    monkeypatch.setattr("pipeline.training.vlm_grammar.LONGEST_SECTION", 3)
    found = Retoucher(str(folder)).retouch(PICTURE, "style", "Warmer.")
    assert found.sections.keys() == sections_of("style").keys()


def test_a_merged_model_is_the_one_that_was_trained(checkpoint: str) -> None:
    """Adapters and the rows of the new tokens, in embeddings that are tied to the output."""
    model, processor = with_decoder(checkpoint, None, "aether/1", SIDE)
    old = model.get_input_embeddings().weight.detach().clone()
    adapted = _adapted(model, processor, LoraSection(rank=2), ["vision_tower"]).eval()
    for name, parameter in adapted.named_parameters():
        if parameter.requires_grad:
            noise = torch.Generator().manual_seed(len(name))
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=noise)
    prompt = encode_prompt(processor, "style", "Warmer.", PICTURE)
    inputs = with_answer(prompt, encode_answer(processor, "".join(RETOUCH_TOKENS)))
    inputs["before"] = PICTURE.flatten(1)[None, :, :50] / 255
    with torch.no_grad():
        before = adapted(**inputs)
        merged = adapted.merge_and_unload()
        after = merged(**inputs)
    for name in ("logits", "shares", "rendered"):
        torch.testing.assert_close(after[name], before[name], rtol=1e-4, atol=1e-4)
    assert merged.get_input_embeddings().weight is merged.get_output_embeddings().weight
    changed = (merged.get_input_embeddings().weight != old).any(1).nonzero().flatten().tolist()
    assert changed == sorted(processor.tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS)))
    assert not hasattr(getattr(merged, DECODER), "modules_to_save")
