"""The values that a drawn recipe can hold: within bounds, and in steps."""

from schemas.recipe import ParameterSpec


def bounds(spec: ParameterSpec, limit: float) -> tuple[float, float]:
    """Smallest and largest value of a drawn slider: the share `limit` of its safe range, on each side of neutral."""
    low, high = spec.safe or (spec.minimum, spec.maximum)
    return spec.neutral + limit * (low - spec.neutral), spec.neutral + limit * (high - spec.neutral)


def rounded(spec: ParameterSpec, value: float, limit: float) -> float:
    """The value as a drawn recipe stores it: within `bounds` and in steps."""
    return spec.stepped(value, *bounds(spec, limit))
