"""What a run will take and what it has taken, as commands report it."""

from pipeline.jobs.run import Finished
from schemas.jobs.estimate import Estimate


def estimated(estimate: Estimate) -> dict[str, object]:
    """An estimate, as values for JSON."""
    return {
        "pairs": estimate.pairs,
        "pairs accepted": estimate.accepted,
        "hours": _round(estimate.hours),
        "core-hours": _round(estimate.core_hours),
        "GPU-hours": _round(estimate.gpu_hours),
        "GB stored": _round(estimate.stored_gigabytes),
        "requests": estimate.read_requests + estimate.write_requests,
        "money": _round(estimate.money) or "no prices: estimate.prices",
        "core-seconds a pair": _round(estimate.sample.core_seconds),
        "measured on": f"{estimate.sample.pairs} pairs",
        "more workers bring nothing beyond": ", ".join(f"{int(n)} ({name})" for name, n in estimate.limits.items()),
    }


def took(finished: Finished) -> dict[str, object]:
    """What a run has taken, and what was estimated, as values for JSON."""
    made, traffic = finished.made, finished.made.traffic + finished.inspected.traffic + finished.driver
    pairs = made.pairs
    found: dict[str, tuple[float, float | None]] = {
        "pairs": (pairs, None),
        "minutes": (finished.seconds / 60, None),
        "core-seconds a pair": (made.core_seconds / pairs, None),
        "core-seconds a pair, inspection": (finished.inspected.core_seconds / pairs, None),
        "GPU-seconds a pair": (made.gpu_seconds / pairs, None),
        "accepted share": (made.accepted / pairs, None),
        "MB stored a pair": (made.stored_bytes / pairs / 1e6, None),
        "requests a pair": (traffic.requests / pairs, None),
        "of these, tried again": (traffic.retries / pairs, None),
        "MB read a pair": (traffic.read / pairs / 1e6, None),
        "MB sent a pair": (traffic.written / pairs / 1e6, None),
        "VLM answers": (finished.asked.usage.answers, None),
        "VLM answers kept from earlier runs": (finished.asked.kept, None),
        "VLM requests tried again": (finished.asked.again, None),
        "VLM tokens": (finished.asked.usage.tokens, None),
        "VLM money": (finished.asked.money, None),
    }
    if finished.estimate is not None:
        sample = finished.estimate.sample
        for name, value in (
            ("core-seconds a pair", sample.core_seconds),
            ("GPU-seconds a pair", sample.gpu_seconds),
            ("accepted share", sample.accepted_share),
            ("MB stored a pair", sample.stored_bytes / 1e6),
        ):
            found[name] = (found[name][0], value)
    return {name: _beside(*values) for name, values in found.items() if any(values)}


def _beside(value: float, estimate: float | None) -> object:
    return _round(value) if estimate is None else f"{_round(value)} (estimated: {_round(estimate)})"


def _round(value: float) -> float:
    """Three significant digits; a number of things as it is."""
    return value if isinstance(value, int) else float(f"{value:.3g}") if value < 1000 else round(value)
