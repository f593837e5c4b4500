"""The values that a drawn recipe can hold: their bounds and their steps."""

from schemas.recipe import ParameterSpec


def bounds(spec: ParameterSpec, limit: float) -> tuple[float, float]:
    """Smallest and largest value of a drawn slider: the share `limit` of its safe range on each side of neutral.

    A slider without a safe range uses its full range.
    """
    low, high = spec.safe or (spec.minimum, spec.maximum)
    return spec.neutral + limit * (low - spec.neutral), spec.neutral + limit * (high - spec.neutral)


def rounded(spec: ParameterSpec, value: float, limit: float) -> float:
    """The value as a drawn recipe stores it: moved into `bounds` and rounded to a step."""
    return spec.stepped(value, *bounds(spec, limit))
