"""The values that a stored recipe can hold: within bounds, and in steps."""

from schemas.recipe import ParameterSpec


def bounds(spec: ParameterSpec, limit: float) -> tuple[float, float]:
    """Smallest and largest value of a drawn slider: the share `limit` of its safe range, on each side of neutral."""
    low, high = spec.safe or (spec.minimum, spec.maximum)
    return spec.neutral + limit * (low - spec.neutral), spec.neutral + limit * (high - spec.neutral)


def rounded(spec: ParameterSpec, value: float, limit: float) -> float:
    """The value as a drawn recipe stores it: within `bounds` and in steps."""
    return stepped(spec, value, *bounds(spec, limit))


def stepped(spec: ParameterSpec, value: float, low: float, high: float) -> float:
    """The value moved into an interval and rounded to a step: 1 for sliders and degrees, 0.01 for other units."""
    digits = 0 if spec.unit in {"slider", "degree"} else 2
    value = round(min(max(value, low), high), digits)
    if not low <= value <= high:  # rounding went beyond the bound
        value = round(value - 10.0**-digits if value > high else value + 10.0**-digits, digits)
    return value + 0.0  # turns -0.0 into 0.0
