from typing import get_args

import pytest

from quality.text.format import build_answer, build_prompt, parse_answer, sections_of
from schemas.sample import Task


def test_the_exact_text_of_each_part() -> None:
    assert build_prompt("style", "Warmer.") == "<image>\n<Style_Retouch_Task>Warmer."
    texts = {name: f"{name}." for name in sections_of("auto")}
    assert build_answer("auto", texts) == (
        "<problem_light_start>problem_light.<problem_light_end>"
        "<problem_globalcolor_start>problem_globalcolor.<problem_globalcolor_end>"
        "<problem_specificcolor_start>problem_specificcolor.<problem_specificcolor_end>"
        "<plan_light_start>plan_light.<plan_light_end>"
        "<plan_globalcolor_start>plan_globalcolor.<plan_globalcolor_end>"
        "<plan_specificcolor_start>plan_specificcolor.<plan_specificcolor_end>"
        "<retouch_light><retouch_color&temp><retouch_colormixer>"
    )


@pytest.mark.parametrize("task", get_args(Task))
def test_parsing_undoes_building(task: Task) -> None:
    texts = {name: f"Text of {name}." for name in sections_of(task)}
    assert parse_answer(task, build_answer(task, texts)) == texts


def test_every_truncation_is_refused() -> None:
    answer = build_answer("style", dict.fromkeys(sections_of("style"), "Text."))
    for length in range(len(answer)):
        with pytest.raises(ValueError, match="style"):
            parse_answer("style", answer[:length])


def test_the_answer_of_another_task_is_refused() -> None:
    with pytest.raises(ValueError, match="auto"):
        parse_answer("auto", build_answer("style", dict.fromkeys(sections_of("style"), "Text.")))
