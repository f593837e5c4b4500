import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from quality.scorers.build import task_scorers
from quality.scorers.clauses import clauses
from quality.scorers.clip import ClipScorer
from quality.scorers.scorer import Compared, Scorer, ScorerUnavailableError, Scores
from schemas.config import ClipConfig, ScoresConfig

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "head_width": 32, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of a tiny model that open_clip knows as `tiny-test`, as tiny.safetensors and tiny.pt."""
    folder = tmp_path_factory.mktemp("clip")
    (folder / "tiny-test.json").write_text(json.dumps(TINY))
    import open_clip

    open_clip.add_model_config(folder / "tiny-test.json")
    torch.manual_seed(0)
    state = open_clip.create_model("tiny-test").state_dict()
    save_file({name: value.contiguous() for name, value in state.items()}, folder / "tiny.safetensors")
    torch.save(state, folder / "tiny.pt")
    return folder


@pytest.fixture(scope="module")
def scorer(checkpoints: Path) -> ClipScorer:
    return ClipScorer(ClipConfig(model="tiny-test", pretrained=str(checkpoints / "tiny.safetensors")), 128, "cpu")


def scored(scorer: Scorer, inputs: Sequence[Tensor], target: Tensor, texts: Sequence[str]) -> list[Scores]:
    """Scores of the variants of one target."""
    return scorer.score([*inputs, target], [Compared(i, len(inputs), text) for i, text in enumerate(texts)])


def test_equal_pictures_are_alike_and_others_less(scorer: ClipScorer, photos: dict[str, Tensor]) -> None:
    target = photos["coffee"]
    slight = (target.float() * 0.97).to(torch.uint8)
    scores = scored(scorer, [target, slight, 255 - target], target, ["Make it brighter."] * 3)
    same, close, inverted = (score["clip_image"] or 0.0 for score in scores)
    assert same == pytest.approx(1)
    assert 1 > close > inverted >= -1


def test_text_similarity_is_of_target_and_instruction(scorer: ClipScorer, photos: dict[str, Tensor]) -> None:
    target, other = photos["coffee"], photos["coffee"].flip(2)
    texts = ["Make it brighter.", "Cool the shadows down."]
    first = [score["clip_text"] for score in scored(scorer, [target, other], target, texts)]
    second = [score["clip_text"] for score in scored(scorer, [other, target], target, texts)]
    assert first == second
    assert first[0] != first[1]
    assert scored(scorer, [target], photos["coffee"].flip(0), texts[:1])[0]["clip_text"] != first[0]


def test_is_the_similarity_of_open_clip_itself(checkpoints: Path, photos: dict[str, Tensor]) -> None:
    path = str(checkpoints / "tiny.pt")
    import open_clip
    from torchvision.transforms.functional import to_pil_image

    model, preprocess = open_clip.create_model_from_pretrained("tiny-test", pretrained=path)
    target = photos["coffee"][:, :100, :100]
    scorer = ClipScorer(ClipConfig(model="tiny-test", pretrained=path), 128, "cpu")
    [score] = scored(scorer, [(255 - target)], target, ["warmer"])

    with torch.inference_mode():
        a, b = (model.encode_image(preprocess(to_pil_image(x))[None], normalize=True) for x in (255 - target, target))
        text = model.encode_text(open_clip.get_tokenizer("tiny-test")(["warmer"]), normalize=True)
    assert score["clip_image"] == pytest.approx((a @ b.T).item(), abs=1e-5)
    assert score["clip_text"] == pytest.approx((text @ b.T).item(), abs=1e-5)


def test_scores_do_not_depend_on_the_batch(scorer: ClipScorer, photos: dict[str, Tensor]) -> None:
    target = photos["chelsea"]
    inputs = torch.stack([target.flip(1), 255 - target])
    texts = ["a", "a much longer instruction " * 40]
    alone = [scored(scorer, [picture], target, [text])[0] for picture, text in zip(inputs, texts, strict=True)]
    assert scored(scorer, inputs, target, texts) == [
        {name: pytest.approx(value, abs=1e-6) for name, value in scores.items()} for scores in alone
    ]


def test_an_empty_instruction_has_no_score(scorer: ClipScorer, photos: dict[str, Tensor]) -> None:
    [score] = scored(scorer, [photos["coffee"]], photos["coffee"], [" "])
    assert score["clip_text"] is None
    assert score["clip_direction"] is None
    assert score["clip_image"] == pytest.approx(1)


def test_direction_is_that_of_the_change(scorer: ClipScorer, photos: dict[str, Tensor]) -> None:
    before, after = photos["coffee"], 255 - photos["coffee"]
    pairs = [Compared(0, 1, "Make it darker."), Compared(1, 0, "Make it darker."), Compared(0, 0, "Make it darker.")]
    there, back, nowhere = (score["clip_direction"] for score in scorer.score([before, after], pairs))
    assert there is not None and there != 0
    assert back == pytest.approx(-there)
    assert nowhere == 0

    images = torch.nn.functional.normalize(scorer.embed_images([before, after]), dim=1)
    texts = torch.nn.functional.normalize(scorer.embed_texts(["Make it darker.", "Leave the photo as it is."]), dim=1)
    expected = torch.nn.functional.cosine_similarity(images[1] - images[0], texts[0] - texts[1], dim=0)
    assert there == pytest.approx(expected.item(), abs=1e-5)


def test_every_sentence_of_a_long_instruction_counts(scorer: ClipScorer, photos: dict[str, Tensor]) -> None:
    sentence = "Raise Exposure by 0.50 EV and lower Highlights by 30, please, in the whole of this photograph of mine. "
    pictures, long = [photos["coffee"], 255 - photos["coffee"]], sentence * 8
    texts = [long + "Set Vibrance 20.", long + "Set Clarity 20."]
    one, other = scorer.score(pictures, [Compared(0, 1, text) for text in texts])
    assert one["clip_direction"] != other["clip_direction"]
    assert one["clip_text"] != other["clip_text"]


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Make it warmer.", ["Make it warmer."]),
        (
            " Could you make it warmer?  Lower Contrast by 0.5. ",
            ["Could you make it warmer?", "Lower Contrast by 0.5."],
        ),
        (
            '{"light": {"Exposure2012": 0.25, "Contrast2012": -0.1}, "specific": {"HueAdjustmentRed": 0.5}}',
            ["more exposure", "less contrast", "more red hue"],
        ),
        ("{}", ["{}"]),
        ("{warm", ["{warm"]),
    ],
)
def test_clauses_are_sentences_or_directions_of_parameters(instruction: str, expected: list[str]) -> None:
    assert clauses(instruction) == expected


def _error(model: str, pretrained: str) -> str:
    with pytest.raises(ScorerUnavailableError) as caught:
        task_scorers(ScoresConfig(metrics=[], clip=ClipConfig(model=model, pretrained=pretrained)))
    return str(caught.value)


def test_an_unknown_model_is_named_with_close_ones() -> None:
    assert "no model 'ViT-B-33'; it has ViT-B-32" in _error("ViT-B-33", "openai")


def test_missing_weights_of_a_tag_come_with_the_way_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    message = _error("ViT-B-32", "laion2b_s34b_b79k")
    assert "model 'ViT-B-32' with weights 'laion2b_s34b_b79k' cannot be loaded" in message
    assert "open_clip.create_model('ViT-B-32', 'laion2b_s34b_b79k')" in message


@pytest.mark.parametrize("pretrained", ["", "/no/such/file.pt"])
def test_a_missing_checkpoint_is_an_error_not_random_weights(checkpoints: Path, pretrained: str) -> None:
    message = _error("tiny-test", pretrained)
    assert f"weights {pretrained!r} cannot be loaded" in message
    assert "give the path of a checkpoint" in message


def test_weights_of_another_model_are_refused(checkpoints: Path) -> None:
    assert "cannot be loaded" in _error("RN50", str(checkpoints / "tiny.safetensors"))


class Harmful:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_code_in_a_checkpoint_is_not_run(checkpoints: Path, tmp_path: Path) -> None:
    torch.save({"state_dict": Harmful(tmp_path / "ran")}, tmp_path / "harmful.pt")
    assert "cannot be loaded" in _error("tiny-test", str(tmp_path / "harmful.pt"))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("name", "content"), [("a.pt", b""), ("a.pt", b"junk"), ("a.safetensors", b"junk" * 9)])
def test_broken_checkpoints_are_named(checkpoints: Path, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert name in _error("tiny-test", str(tmp_path / name))
