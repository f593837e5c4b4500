"""The decoder and the states that it reads."""

import pytest
import torch

from operators.catalogue import AETHER_1
from pipeline.training.vlm_decoder import ProcessDecoder
from pipeline.training.vlm_model import states_before
from schemas.recipe import Recipe


def test_states_are_those_at_the_positions_before_the_tokens() -> None:
    hidden = torch.arange(2 * 6 * 1.0).reshape(2, 6, 1)
    ids = torch.tensor([[5, 9, 7, 8, 9, 0], [7, 7, 7, 8, 5, 9]])
    assert states_before(hidden, ids, [7, 8, 9]).squeeze(-1).tolist() == [[1, 2, 3], [7, 8, 10]]


def test_a_sequence_without_a_token_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks a retouch token"):
        states_before(torch.zeros(1, 3, 2), torch.tensor([[1, 7, 8]]), [7, 8, 9])


@pytest.fixture
def decoder() -> ProcessDecoder:
    torch.manual_seed(0)
    return ProcessDecoder("aether/1", 16)


def test_each_state_moves_the_sliders_of_its_group_alone(decoder: ProcessDecoder) -> None:
    states = torch.randn(1, 3, 16)
    shares = decoder.shares_of(states)
    for at, group in enumerate(("light", "color", "specific")):
        moved = states.clone()
        moved[:, at] += 1
        changed = (decoder.shares_of(moved) != shares)[0].tolist()
        assert changed == [spec.group == group for spec in AETHER_1.parameters]


def test_shares_are_the_normalised_values_of_a_recipe(decoder: ProcessDecoder) -> None:
    values = {spec.name: spec.minimum / 2 for spec in AETHER_1.parameters} | {"Exposure2012": 1.23, "Vibrance": 0.0}
    shares = torch.tensor([[spec.normalized(values[spec.name]) for spec in AETHER_1.parameters]])
    expected = AETHER_1.vector([Recipe(process="aether/1", values=values)])
    torch.testing.assert_close(decoder.values_of(shares), expected, rtol=0, atol=0.01)


def test_values_stay_in_range_and_recipes_have_steps(decoder: ProcessDecoder) -> None:
    AETHER_1.check(decoder.recipe(torch.randn(1, 3, 16) * 1e4))
    recipe = decoder.recipe(torch.randn(1, 3, 16))
    assert all(value == round(value, 2 if name == "Exposure2012" else 0) for name, value in recipe.values.items())


def test_gradients_are_finite_at_black_grey_and_white(decoder: ProcessDecoder) -> None:
    states = torch.randn(2, 3, 16, requires_grad=True)
    pixels = torch.tensor([0.0, 0.5, 1.0]).expand(2, 3, 3).clone()
    pixels[1, 0] = torch.tensor([1.0, 0.0, 0.3])
    shares, rendered = decoder(states, pixels)
    (shares.abs().sum() + rendered.abs().sum()).backward()
    assert states.grad is not None
    assert states.grad.isfinite().all()
    assert states.grad.abs().sum() > 0
