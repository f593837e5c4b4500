"""Photos retouched by a finished model: what it says, and the recipe that it means, rendered at full size."""

from pathlib import Path
from typing import NamedTuple

import torch
import transformers
from torch import Tensor

from operators.renderer import renderer_of
from pipeline.presets.export import to_xmp
from pipeline.storage.local import LocalStore
from pipeline.training.photo_file import read_photo, to_jpeg
from pipeline.training.visible import visible_part
from pipeline.training.vlm_data import square
from pipeline.training.vlm_grammar import Grammar
from pipeline.training.vlm_model import DECODER, load, states_before
from pipeline.training.vlm_tokens import decode_answer, encode_prompt, with_answer
from quality.text.format import parse_answer
from schemas.errors import UnretouchError
from schemas.recipe import Recipe
from schemas.sample import Task

_LONGEST = 1024
"""Tokens of an answer at most; those of data sets have less than 400."""

AUTO_INSTRUCTION = "Retouch this photo."
"""What the auto task asks where the user does not say it in other words."""


class UnusableAnswerError(UnretouchError):
    """The model's answer does not follow the format."""


class UnusablePromptError(UnretouchError):
    """The task needs a prompt, or the prompt holds characters that it may not."""

    exit_code = 2


class Retouched(NamedTuple):
    """What a model makes of a photo."""

    answer: str
    sections: dict[str, str]
    """Text of each section of the answer."""
    recipe: Recipe


def instruction_of(task: Task, prompt: str | None) -> str:
    """The instruction of a task.

    Raises:
        UnusablePromptError: the style or professional task has no prompt, or the prompt holds an angle bracket, with
            which tokens of the format are written.
    """
    if prompt is None and task != "auto":
        raise UnusablePromptError(f"the {task} task needs a --prompt")
    if prompt is not None and (set("<>") & set(prompt) or not prompt.strip()):
        raise UnusablePromptError(f"--prompt is text without < and >, got {prompt!r}")
    return prompt or AUTO_INSTRUCTION


class Retoucher:
    """A finished model.

    Args:
        folder: `OUT/model` of a training.

    Raises:
        UnusableModelError: the folder holds no such model.
    """

    def __init__(self, folder: str) -> None:
        self._model, self._processor = load(folder)
        self._model.to("cuda" if torch.cuda.is_available() else "cpu")

    @torch.inference_mode()
    def retouch(self, picture: Tensor, task: Task, instruction: str, *, held: bool = True) -> Retouched:
        """Ask for a retouch of a picture.

        The parameters are read from the states at the positions that training reads them from.

        What of the recipe does not show on the picture is left out of it.

        Args:
            picture: uint8 (3, H, W) sRGB of any size.
            task: the task.
            instruction: what is asked for.
            held: hold the answer to the grammar; False shows what the model says by itself.

        Raises:
            UnusableAnswerError: the answer does not follow the format.
        """
        settings = self._model.config.retouch
        prompt = encode_prompt(self._processor, task, instruction, square(picture, settings["side"]))
        prompt = {name: values.to(self._model.device) for name, values in prompt.items()}
        start = prompt["input_ids"].shape[1]
        grammar = [Grammar(task, self._processor.tokenizer, start)] if held else []
        sequence = self._model.generate(
            **prompt,
            max_new_tokens=_LONGEST,
            do_sample=False,
            logits_processor=transformers.LogitsProcessorList(grammar),
        )
        new = sequence[0, start:]
        answer = decode_answer(self._processor, new)
        try:
            sections = parse_answer(task, answer)
        except ValueError as error:
            raise UnusableAnswerError(f"the model's {error}") from error
        inputs = with_answer(prompt, new)
        hidden = self._model(**inputs, output_hidden_states=True).hidden_states[-1]
        states = states_before(hidden, inputs["input_ids"], settings["token_ids"])
        recipe = getattr(self._model, DECODER).recipe(states)
        return Retouched(answer, sections, visible_part(renderer_of(recipe.process, "compiled"), picture, recipe))

    def retouch_file(self, path: Path, task: Task, instruction: str, out: Path) -> Retouched:
        """Retouch a photo file into `out`: NAME.jpg at its own size, and NAME.xmp where its process has presets.

        Files of these names are replaced; they appear when they are complete.

        Raises:
            UnreadablePhotoError: the photo cannot be read.
            UnusableAnswerError: the answer does not follow the format.
            OSError: a file cannot be written.
        """
        photo = read_photo(path)
        found = self.retouch(photo.pixels, task, instruction)
        renderer = renderer_of(found.recipe.process, "compiled")
        rendered = renderer.render(photo.pixels[None], renderer.process.vector([found.recipe]))[0]
        store = LocalStore(str(out))
        store.write(f"{path.stem}.jpg", to_jpeg(photo._replace(pixels=rendered)))
        if found.recipe.process == "aether/1":
            title = "".join(letter if letter.isprintable() else "?" for letter in path.stem)
            store.write(f"{path.stem}.xmp", to_xmp(found.recipe, title))
        return found
